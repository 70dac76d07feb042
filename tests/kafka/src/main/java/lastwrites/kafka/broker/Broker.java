package lastwrites.kafka.broker;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Uuid;

/**
 * A real single-node KRaft broker of the Kafka release on the class path, in a process of its own, on loopback. Closing it,
 * or the end of this JVM, kills it.
 */
public final class Broker implements AutoCloseable {
    private static final int START_TIMEOUT_MS = 180_000;
    private static final int STOP_TIMEOUT_MS = 30_000;
    private static final int LOWEST_PORT = 15_000;
    /** Where Linux begins with the ports of outgoing connections (net.ipv4.ip_local_port_range); other systems begin higher. */
    private static final int OUTGOING_PORTS = 32_768;

    private final Path folder;
    private final Map<String, String> config = new TreeMap<>();
    private final int port;
    private Process process;

    private Broker(Path folder, Map<String, String> extraConfig) throws IOException {
        this.folder = folder;
        this.port = freePort();
        int controllerPort = freePort();
        config.put("process.roles", "broker,controller");
        config.put("node.id", "1");
        config.put("controller.quorum.voters", "1@127.0.0.1:" + controllerPort);
        config.put("listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort);
        config.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port);
        config.put("controller.listener.names", "CONTROLLER");
        config.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        config.put("log.dirs", logDir().toString());
        config.put("auto.create.topics.enable", "false");
        config.put("num.network.threads", "2");
        config.put("num.io.threads", "2");
        config.put("offsets.topic.replication.factor", "1");
        config.put("offsets.topic.num.partitions", "5");
        config.put("transaction.state.log.replication.factor", "1");
        config.put("transaction.state.log.min.isr", "1");
        config.put("transaction.state.log.num.partitions", "2");
        config.put("group.initial.rebalance.delay.ms", "0");
        // Index files are preallocated at this size.
        config.put("log.index.size.max.bytes", "1024");
        config.put("replica.high.watermark.checkpoint.interval.ms", "1000");
        config.put("log.flush.offset.checkpoint.interval.ms", "5000");
        config.putAll(extraConfig);
    }

    /** Formats a new log dir in `folder` and starts a broker on it. */
    public static Broker start(Path folder, Map<String, String> extraConfig) throws Exception {
        Broker broker = new Broker(folder, extraConfig);
        Files.createDirectories(folder);
        broker.writeConfig();
        Process format = broker.java("kafka.tools.StorageTool", "format.log",
            "format", "-t", Uuid.randomUuid().toString(), "-c", broker.configFile().toString());
        if (!format.waitFor(START_TIMEOUT_MS, TimeUnit.MILLISECONDS) || format.exitValue() != 0) {
            format.destroyForcibly();
            throw new IOException("StorageTool format failed:\n" + Files.readString(folder.resolve("format.log")));
        }
        broker.startProcess();
        return broker;
    }

    /** Starts the broker again on its log dir. */
    public void restart() throws Exception {
        startProcess();
    }

    /** SIGTERM: the clean shutdown. */
    public void stop() throws Exception {
        process.destroy();
        if (!process.waitFor(STOP_TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
            throw new IOException("the broker did not stop within " + STOP_TIMEOUT_MS + " ms of SIGTERM");
        }
    }

    /** SIGKILL. */
    public void kill() throws Exception {
        process.destroyForcibly().waitFor(STOP_TIMEOUT_MS, TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() throws Exception {
        if (process != null && process.isAlive()) {
            kill();
        }
    }

    /** The release, as the client jar on the class path states it: broker and clients are the same release. */
    public static String release() {
        return org.apache.kafka.common.utils.AppInfoParser.getVersion();
    }

    public String bootstrap() {
        return "127.0.0.1:" + port;
    }

    public Path logDir() {
        return folder.resolve("data");
    }

    public Path logFile() {
        return folder.resolve("broker.log");
    }

    /** The configuration without what differs from run to run. */
    public List<String> describeConfig() {
        List<String> lines = new ArrayList<>();
        for (Map.Entry<String, String> entry : config.entrySet()) {
            if (!entry.getValue().contains("127.0.0.1") && !entry.getKey().equals("log.dirs")) {
                lines.add(entry.getKey() + "=" + entry.getValue());
            }
        }
        return lines;
    }

    private void startProcess() throws Exception {
        process = java("kafka.Kafka", "broker.log", configFile().toString());
        Process started = process;
        Runtime.getRuntime().addShutdownHook(new Thread(started::destroyForcibly));
        long deadline = System.currentTimeMillis() + START_TIMEOUT_MS;
        while (System.currentTimeMillis() < deadline && process.isAlive()) {
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap()))) {
                if (!admin.describeCluster().nodes().get(3, TimeUnit.SECONDS).isEmpty()) {
                    return;
                }
            } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
                Thread.sleep(200);
            }
        }
        String how = process.isAlive() ? "still starting after " + START_TIMEOUT_MS + " ms" : "it ended with code " + process.exitValue();
        throw new IOException("the broker did not come up, " + how + ":\n" + lastWords());
    }

    private Process java(String mainClass, String output, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m", "-XX:+UseSerialGC",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=info", "-Dorg.slf4j.simpleLogger.showDateTime=false",
            "-cp", System.getProperty("java.class.path"), mainClass));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve(output).toFile()))
            .start();
    }

    private Path configFile() {
        return folder.resolve("server.properties");
    }

    private void writeConfig() throws IOException {
        List<String> lines = new ArrayList<>();
        config.forEach((name, value) -> lines.add(name + "=" + value));
        Files.write(configFile(), lines);
    }

    /** The end of the broker's log, warnings and errors only: an orderly end alone is a hundred lines. */
    private String lastWords() throws IOException {
        List<String> lines = Files.readAllLines(logFile()).stream().filter(line -> !line.contains("] INFO ")).toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 30), lines.size()));
    }

    /**
     * A port that nobody listens on, below those that the system gives to outgoing connections: while a broker is down, one of
     * these could take its port, even a client's own attempt to reach it.
     */
    private static int freePort() throws IOException {
        for (int attempt = 0; attempt < 100; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(LOWEST_PORT, OUTGOING_PORTS);
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (BindException taken) {
                continue;
            }
        }
        throw new IOException("no free port from " + LOWEST_PORT + " to " + OUTGOING_PORTS);
    }
}
