package lastwrites.kafka.broker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Runs one workload against a fresh broker and leaves `data/`, `truth.json` and `case.json` behind. */
public final class Fixture {
    /** How the copy is taken. */
    public enum Copy { LIVE, CLEAN_SHUTDOWN, KILLED }

    /** What happens on the broker before the copy is taken. */
    public interface Workload {
        Map<String, String> config();

        Copy copy();

        void run(Run run) throws Exception;

        /** Called between the copy and the end of the run; only workloads that compare with a later state need it. */
        default void afterCopy(Run run, Truth truth) throws Exception {
        }
    }

    private static final int ATTEMPTS = 10;

    private Fixture() {
    }

    /** Writes the case `name` to `target`, replacing it; `scratch` holds the broker's own files. */
    public static void write(String name, Workload workload, Truth truth, Path scratch, Path target) throws Exception {
        delete(scratch);
        delete(target);
        Files.createDirectories(target);
        try (Broker broker = Broker.start(scratch, workload.config()); Run run = new Run(broker)) {
            run.event("start", "release", Broker.release());
            workload.run(run);
            ObjectNode asked = null;
            String how;
            if (workload.copy() == Copy.KILLED) {
                how = "after SIGKILL under load";
                Evidence.copy(broker.logDir(), target.resolve("data"));
            } else {
                asked = quiet(run, truth, target.resolve("data"));
                how = "from the running broker; same Admin answers and file sizes before and after";
                if (workload.copy() == Copy.CLEAN_SHUTDOWN) {
                    delete(target.resolve("data"));
                    broker.stop();
                    how = "after SIGTERM; the Admin API was asked just before, members were still there";
                    Evidence.copy(broker.logDir(), target.resolve("data"));
                }
            }
            workload.afterCopy(run, truth);
            if (asked == null) {
                asked = truth.ask(run.admin);
            }
            broker.close();
            json(target.resolve("truth.json"), truthFile(name, run, asked));
            json(target.resolve("case.json"), caseFile(name, broker, how, target.resolve("data")));
        } catch (Exception | Error e) {
            Path log = scratch.resolve("broker.log");
            System.err.println(name + " failed; the broker's last lines in " + log);
            throw e;
        }
    }

    /** Copies at a moment when neither the files nor the Admin API's answers change. */
    private static ObjectNode quiet(Run run, Truth truth, Path to) throws Exception {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            run.idle(2_000);
            delete(to);
            ObjectNode before = truth.ask(run.admin);
            Map<String, Long> files = Evidence.list(run.broker.logDir());
            try {
                Evidence.copy(run.broker.logDir(), to);
            } catch (java.nio.file.NoSuchFileException e) {
                continue; // renamed or deleted by the cleaner while we copied
            }
            if (files.equals(Evidence.list(run.broker.logDir())) && before.equals(truth.ask(run.admin))) {
                return before;
            }
        }
        throw new IOException("the broker never came to rest");
    }

    private static ObjectNode truthFile(String name, Run run, ObjectNode asked) {
        ObjectNode file = Run.JSON.createObjectNode();
        file.put("case", name).put("version", Broker.release()).put("takenAtMs", System.currentTimeMillis());
        file.setAll(asked);
        file.set("events", run.events);
        file.set("extra", run.extra);
        return file;
    }

    private static ObjectNode caseFile(String name, Broker broker, String how, Path data) throws Exception {
        ObjectNode file = Run.JSON.createObjectNode();
        file.put("case", name).put("version", Broker.release()).put("copy", how);
        broker.describeConfig().forEach(file.putArray("brokerConfig")::add);
        file.set("logs", Evidence.digests(data));
        return file;
    }

    private static void json(Path file, ObjectNode node) throws IOException {
        Files.writeString(file, Run.JSON.writer(SerializationFeature.INDENT_OUTPUT).writeValueAsString(node) + "\n");
    }

    private static void delete(Path path) throws IOException {
        if (Files.exists(path)) {
            try (Stream<Path> all = Files.walk(path)) {
                for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(each);
                }
            }
        }
    }
}
