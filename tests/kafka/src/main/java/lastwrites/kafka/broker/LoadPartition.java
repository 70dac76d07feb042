package lastwrites.kafka.broker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.apache.kafka.clients.admin.Admin;

/**
 * Puts the segments of one offsets partition under a fresh broker and prints what the broker logs when its group
 * coordinator loads them: the last judge of a load verdict. The given folder is only read.
 *
 * Arguments: folder named `__consumer_offsets-N`, partitions of the topic, scratch folder.
 */
public final class LoadPartition {
    private static final int TIMEOUT_MS = 60_000;
    private static final List<String> ENDINGS = List.of("Finished loading", "Failed to load metadata from", "Error loading offsets from");

    private LoadPartition() {
    }

    public static void main(String[] args) throws Exception {
        Path evidence = Path.of(args[0]);
        String partition = evidence.toAbsolutePath().normalize().getFileName().toString();
        int index = Integer.parseInt(partition.substring(partition.lastIndexOf('-') + 1));
        int partitions = Integer.parseInt(args[1]);
        if (!partition.startsWith("__consumer_offsets-") || index >= partitions) {
            throw new IllegalArgumentException(partition + " is no partition of an offsets topic with " + partitions + " partitions");
        }
        Map<String, String> config = Map.of(
            "offsets.topic.num.partitions", Integer.toString(partitions),
            // What is loaded must be what was given.
            "log.cleaner.enable", "false",
            "offsets.retention.check.interval.ms", "3600000");
        try (Broker broker = Broker.start(Path.of(args[2]), config)) {
            createOffsetsTopic(broker, partitions);
            broker.stop();
            replace(evidence, broker.logDir().resolve(partition));
            Files.delete(broker.logFile());
            broker.restart();
            System.out.print(await(broker.logFile(), partition));
        }
        System.exit(0);
    }

    /** Brokers create the topic when a client first asks for a coordinator. */
    private static void createOffsetsTopic(Broker broker, int partitions) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrap()))) {
            admin.listConsumerGroupOffsets("any").partitionsToOffsetAndMetadata().get();
        }
        for (int waited = 0; waited < TIMEOUT_MS; waited += 200) {
            try (Stream<Path> entries = Files.list(broker.logDir())) {
                if (entries.filter(entry -> entry.getFileName().toString().startsWith("__consumer_offsets-")).count() == partitions) {
                    return;
                }
            }
            Thread.sleep(200);
        }
        throw new IOException("the broker did not create its offsets topic");
    }

    /** The broker keeps its own topic id; it rebuilds indexes and producer snapshots from the segments. */
    private static void replace(Path evidence, Path partition) throws IOException {
        try (Stream<Path> old = Files.list(partition)) {
            for (Path file : old.filter(file -> !file.getFileName().toString().equals("partition.metadata")).toList()) {
                Files.delete(file);
            }
        }
        try (Stream<Path> given = Files.list(evidence)) {
            for (Path file : given.filter(file -> Pattern.matches("\\d{20}\\.log(\\.deleted)?", file.getFileName().toString())).toList()) {
                Files.copy(file, partition.resolve(file.getFileName().toString()));
            }
        }
    }

    /**
     * The lines about loading this partition, with the exceptions that follow them. What the log layer says about the
     * indexes we left out is not among them.
     */
    private static String await(Path log, String partition) throws Exception {
        Pattern mention = Pattern.compile(Pattern.quote(partition) + "(?!\\d)");
        for (int waited = 0; waited < TIMEOUT_MS; waited += 500) {
            StringBuilder told = new StringBuilder();
            boolean ended = false;
            boolean ours = false;
            for (String line : Files.readAllLines(log)) {
                if (line.startsWith("[")) {
                    boolean ending = ENDINGS.stream().anyMatch(line::contains);
                    ours = mention.matcher(line).find() && !line.contains("LogLoader") && (ending || line.contains("WARN") || line.contains("ERROR"));
                    ended |= ours && ending;
                } else if (line.startsWith("\tat ") || line.startsWith("\t...")) {
                    continue;
                }
                if (ours) {
                    told.append(line).append('\n');
                }
            }
            if (ended) {
                return told.toString();
            }
            Thread.sleep(500);
        }
        throw new IOException("the broker said nothing about loading " + partition);
    }
}
