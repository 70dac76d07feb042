import java.util.*;
import java.util.concurrent.*;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.*;

/** A Kafka Streams application: copies a topic, by a count per key when it shall be stateful. Needs kafka-streams on the class path. */
public final class Streams {
    /** Starts one and waits until it runs; the answer stops it. */
    public static Runnable start(Properties base, String application, String in, String out, String protocol, boolean stateful, String folder) throws Exception {
        Properties p = new Properties();
        p.putAll(base);
        p.put("application.id", application);
        p.put("state.dir", folder);
        p.put("commit.interval.ms", "200");
        p.put("auto.offset.reset", "earliest");
        p.put("replication.factor", "1");
        // Streams leaves no group when it's closed: its members stay until this is over. The new protocol's timeout is the broker's.
        if (protocol.equals("classic")) p.put("session.timeout.ms", "6000");
        p.put("default.key.serde", Serdes.ByteArraySerde.class.getName());
        p.put("default.value.serde", Serdes.ByteArraySerde.class.getName());
        if (!protocol.equals("classic")) p.put("group.protocol", protocol);
        var builder = new StreamsBuilder();
        var stream = builder.<byte[], byte[]>stream(in);
        if (stateful) stream.groupBy((k, v) -> "all", org.apache.kafka.streams.kstream.Grouped.with(Serdes.String(), Serdes.ByteArray())).count();
        else stream.to(out);
        var streams = new KafkaStreams(builder.build(), p);
        var running = new CountDownLatch(1);
        streams.setStateListener((now, before) -> { if (now == KafkaStreams.State.RUNNING) running.countDown(); });
        streams.start();
        if (!running.await(60, TimeUnit.SECONDS)) throw new TimeoutException("streams: " + streams.state());
        Thread.sleep(1500);
        return () -> streams.close(java.time.Duration.ofSeconds(20));
    }
}
