package lastwrites.kafka.broker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;

/**
 * Puts the segments of offsets partitions under a fresh broker and tells what its group coordinator makes of them: the last
 * judge of a load verdict. The given folders are only read. Prints one JSON document.
 *
 * Arguments: scratch folder, partitions of the topic, coordinator (`old`, `new`, or `default` for the release's own), then
 * in any order `FOLDER` (named `__consumer_offsets-N`), `FOLDER=N` (put at partition N instead), `--log-start OFFSET` (what
 * `log-start-offset-checkpoint` says of every such partition) and `--ask GROUP` (its offsets, as the Admin API answers or
 * refuses them within a few seconds).
 */
public final class Loads {
    private static final int TIMEOUT_MS = 180_000;
    private static final int ASK_MS = 5_000;
    private static final Pattern SEGMENT = Pattern.compile("\\d{20}\\.log(\\.deleted)?");

    private Loads() {
    }

    public static void main(String[] args) throws Exception {
        int partitions = Integer.parseInt(args[1]);
        Map<Integer, Path> folders = new TreeMap<>();
        List<String> groups = new ArrayList<>();
        long logStart = 0;
        for (int i = 3; i < args.length; i++) {
            if (args[i].equals("--ask")) {
                groups.add(args[++i]);
            } else if (args[i].equals("--log-start")) {
                logStart = Long.parseLong(args[++i]);
            } else {
                place(args[i], partitions, folders);
            }
        }
        try (Broker broker = Broker.start(Path.of(args[0]), config(partitions, args[2]))) {
            createOffsetsTopic(broker, partitions);
            broker.stop();
            for (Map.Entry<Integer, Path> folder : folders.entrySet()) {
                replace(folder.getValue(), broker.logDir().resolve(name(folder.getKey())));
            }
            if (logStart > 0) {
                startLogsAt(logStart, folders.keySet(), broker.logDir());
            }
            Files.delete(broker.logFile());
            broker.restart();
            ObjectNode told = Run.JSON.createObjectNode().put("kafka", Broker.release()).put("coordinator", args[2]);
            ArrayNode loads = told.putArray("loads");
            for (Map.Entry<Integer, Path> folder : folders.entrySet()) {
                loads.add(LoadLines.await(broker.logFile(), name(folder.getKey()), TIMEOUT_MS)
                    .put("folder", folder.getValue().toString()).put("partition", folder.getKey()));
            }
            ask(broker, groups, told.putArray("answers"));
            System.out.println(told.toPrettyString());
        }
        System.exit(0);
    }

    private static String name(int partition) {
        return "__consumer_offsets-" + partition;
    }

    private static void place(String argument, int partitions, Map<Integer, Path> folders) {
        int equals = argument.lastIndexOf('=');
        Path folder = Path.of(equals < 0 ? argument : argument.substring(0, equals)).toAbsolutePath().normalize();
        String last = folder.getFileName().toString();
        int partition = Integer.parseInt(equals < 0 ? last.substring(last.lastIndexOf('-') + 1) : argument.substring(equals + 1));
        if (!last.startsWith("__consumer_offsets-") || partition >= partitions || folders.put(partition, folder) != null) {
            throw new IllegalArgumentException(argument + ": no folder of an offsets partition, or no place for it among " + partitions);
        }
    }

    private static Map<String, String> config(int partitions, String coordinator) {
        Map<String, String> config = new HashMap<>();
        config.put("offsets.topic.num.partitions", Integer.toString(partitions));
        // What is loaded must be what was given.
        config.put("log.cleaner.enable", "false");
        config.put("offsets.retention.check.interval.ms", "3600000");
        // Rebuilding indexes of a segment with thousands of batches must not fill them.
        config.put("log.index.size.max.bytes", "1048576");
        if (coordinator.equals("new")) {
            // 3.7 to 3.9 switch the coordinator with the protocol.
            config.put("group.coordinator.rebalance.protocols", "classic,consumer");
        } else if (coordinator.equals("old")) {
            config.put("group.coordinator.new.enable", "false");
        }
        return config;
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
    static void replace(Path evidence, Path partition) throws IOException {
        try (Stream<Path> old = Files.list(partition)) {
            for (Path file : old.filter(file -> !file.getFileName().toString().equals("partition.metadata")).toList()) {
                Files.delete(file);
            }
        }
        try (Stream<Path> given = Files.list(evidence)) {
            for (Path file : given.filter(file -> SEGMENT.matcher(file.getFileName().toString()).matches()).toList()) {
                Files.copy(file, partition.resolve(file.getFileName().toString()));
            }
        }
    }

    /** A checkpoint file: version, number of entries, then topic, partition and offset of each. */
    private static void startLogsAt(long offset, Set<Integer> partitions, Path logDir) throws IOException {
        List<String> lines = new ArrayList<>(List.of("0", Integer.toString(partitions.size())));
        partitions.forEach(partition -> lines.add("__consumer_offsets " + partition + " " + offset));
        Files.write(logDir.resolve("log-start-offset-checkpoint"), lines);
    }

    /** What a client that wants these groups' offsets is told. */
    private static void ask(Broker broker, List<String> groups, ArrayNode answers) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrap()))) {
            for (String group : groups) {
                ObjectNode answer = answers.addObject().put("group", group);
                try {
                    ListConsumerGroupOffsetsOptions soon = new ListConsumerGroupOffsetsOptions().timeoutMs(ASK_MS);
                    Truth.offsets(admin.listConsumerGroupOffsets(group, soon).partitionsToOffsetAndMetadata().get(), answer.putArray("offsets"));
                    answer.putNull("error");
                } catch (ExecutionException e) {
                    answer.putNull("offsets").put("error", String.valueOf(e.getCause()));
                }
            }
        }
    }
}
