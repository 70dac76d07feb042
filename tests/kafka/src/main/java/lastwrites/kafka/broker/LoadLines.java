package lastwrites.kafka.broker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * What a broker's log says about loading one offsets partition: the lines with the exceptions that follow them, and the
 * outcome they tell. What the log layer says about the indexes we left out is not among them.
 */
final class LoadLines {
    private static final String LOADED = "Finished loading";
    private static final String FAILED = "Failed to load metadata from";
    /** The old coordinator swallows the error and goes on with what it has. */
    private static final String SWALLOWED = "Error loading offsets from";
    private static final Pattern AT_OFFSET = Pattern.compile(" at offset (\\d+) ");
    private static final Pattern EXCEPTION = Pattern.compile("^(?:Caused by: )?[\\w.$]+(?:Exception|Error)(?:: (.*))?$");
    private static final Pattern DUE_TO = Pattern.compile(" (?:failed due to: |due to [\\w.$]+(?:Exception|Error): )(.*)$");

    private LoadLines() {
    }

    /** Waits until the log says how the load of `partition` ended. */
    static ObjectNode await(Path log, String partition, int timeoutMs) throws Exception {
        for (int waited = 0; waited < timeoutMs; waited += 250) {
            List<String> lines = about(Files.readAllLines(log), partition);
            if (lines.stream().anyMatch(line -> line.contains(LOADED) || line.contains(FAILED) || line.contains(SWALLOWED))) {
                return outcome(lines);
            }
            Thread.sleep(250);
        }
        throw new IOException("the broker said nothing about loading " + partition);
    }

    private static List<String> about(List<String> log, String partition) {
        Pattern mention = Pattern.compile(Pattern.quote(partition) + "(?!\\d)");
        List<String> lines = new ArrayList<>();
        boolean ours = false;
        for (String line : log) {
            if (line.startsWith("\tat ") || line.startsWith("\t...")) {
                continue;
            }
            if (line.startsWith("[")) {
                boolean ending = line.contains(LOADED) || line.contains(FAILED) || line.contains(SWALLOWED);
                ours = mention.matcher(line).find() && !line.contains("LogLoader") && (ending || line.contains("WARN") || line.contains("ERROR"));
            }
            if (ours) {
                lines.add(line);
            }
        }
        return lines;
    }

    private static ObjectNode outcome(List<String> lines) {
        ObjectNode told = Run.JSON.createObjectNode();
        boolean failed = lines.stream().anyMatch(line -> line.contains(FAILED));
        boolean swallowed = lines.stream().anyMatch(line -> line.contains(SWALLOWED));
        told.put("verdict", failed ? "fails" : swallowed ? "loads-empty" : "loads");
        Long offset = null;
        String error = null;
        for (String line : lines) {
            Matcher at = AT_OFFSET.matcher(line);
            if (line.contains("Replaying record") && at.find()) {
                offset = Long.valueOf(at.group(1));
            }
            Matcher exception = EXCEPTION.matcher(line);
            Matcher reason = DUE_TO.matcher(line);
            // The innermost exception that says something comes last.
            if (exception.find() && exception.group(1) != null) {
                error = exception.group(1);
            } else if (error == null && reason.find()) {
                // The log ends its sentence after the exception's text.
                error = reason.group(1).replaceFirst("\\.$", "");
            }
        }
        told.put("offset", failed ? offset : null).put("error", failed || swallowed ? error : null);
        ArrayNode all = told.putArray("lines");
        lines.forEach(all::add);
        return told;
    }
}
