package lastwrites.kafka.broker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Copies what an engineer would copy from a broker's disk: the offsets partitions with all their companion files, and the
 * log dir's own files. The user's topics and the metadata log stay behind to keep fixtures small.
 */
public final class Evidence {
    private Evidence() {
    }

    /** Names and sizes of the files that belong to the copy, relative to the log dir. */
    public static Map<String, Long> list(Path logDir) throws IOException {
        Map<String, Long> files = new TreeMap<>();
        for (Path file : files(logDir)) {
            try {
                files.put(logDir.relativize(file).toString(), Files.size(file));
            } catch (NoSuchFileException e) {
                continue; // the cleaner renamed it while we listed
            }
        }
        return files;
    }

    /** Copies the files in a fixed order. */
    public static void copy(Path logDir, Path to) throws IOException {
        for (Path file : files(logDir)) {
            Path target = to.resolve(logDir.relativize(file).toString());
            Files.createDirectories(target.getParent());
            Files.copy(file, target);
        }
    }

    /** Size and SHA-256 of every segment file, also of those about to be deleted. */
    public static ObjectNode digests(Path copy) throws Exception {
        ObjectNode logs = Run.JSON.createObjectNode();
        for (Path file : files(copy)) {
            if (file.getFileName().toString().contains(".log")) {
                byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
                logs.putObject(copy.relativize(file).toString()).put("bytes", Files.size(file)).put("sha256", HexFormat.of().formatHex(digest));
            }
        }
        return logs;
    }

    private static List<Path> files(Path logDir) throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> entries = Files.list(logDir)) {
            for (Path entry : entries.sorted().toList()) {
                String name = entry.getFileName().toString();
                if (Files.isRegularFile(entry) && !name.equals(".lock") && !name.equals("bootstrap.checkpoint") && !name.endsWith(".tmp")) {
                    files.add(entry);
                } else if (name.startsWith("__consumer_offsets-")) {
                    try (Stream<Path> inner = Files.list(entry)) {
                        inner.filter(Files::isRegularFile).sorted().forEach(files::add);
                    }
                }
            }
        }
        return files;
    }
}
