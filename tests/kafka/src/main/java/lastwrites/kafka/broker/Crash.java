package lastwrites.kafka.broker;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

import com.fasterxml.jackson.databind.node.ObjectNode;

import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;

/**
 * SIGKILL while several clients commit ever growing offsets. A journal holds, for each group and partition, the last value
 * that was attempted and the last that the broker acknowledged: whatever survives must lie between. The Admin API answers
 * only after the restart on the same log dir.
 */
final class Crash implements Fixture.Workload {
    private static final int LOAD_MS = 4_000;

    private record Entry(long attempted, long acknowledged) {
    }

    private final Map<String, Entry> journal = new ConcurrentHashMap<>();
    private volatile boolean stop;

    @Override
    public Map<String, String> config() {
        return Map.of();
    }

    @Override
    public Fixture.Copy copy() {
        return Fixture.Copy.KILLED;
    }

    @Override
    public void run(Run run) throws Exception {
        run.createTopic("orders", 4);
        run.commit("quiet", "orders", 0, 42, 0, "long before");
        List<Thread> load = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            String group = "load-" + i;
            load.add(new Thread(() -> plain(run, group)));
        }
        load.add(new Thread(() -> transactional(run)));
        load.forEach(Thread::start);
        Thread.sleep(LOAD_MS);
        run.broker.kill();
        run.event("kill");
        stop = true;
        for (Thread thread : load) {
            thread.interrupt();
            thread.join(30_000);
        }
        ObjectNode entries = run.extra.putObject("journalAtKill");
        new TreeMap<>(journal).forEach((key, entry) ->
            entries.putObject(key).put("attempted", entry.attempted).put("acked", entry.acknowledged));
    }

    @Override
    public void afterCopy(Run run, Truth truth) throws Exception {
        run.broker.restart();
        run.event("restart");
    }

    private void plain(Run run, String group) {
        for (long value = 1; !stop; value++) {
            int partition = (int) (value % 4);
            commitJournalled(group, partition, value, offsets -> run.admin.alterConsumerGroupOffsets(group, offsets).all().get(20, TimeUnit.SECONDS));
        }
    }

    private void transactional(Run run) {
        KafkaProducer<String, String> producer = run.producer(Map.of("transactional.id", "load-txn", "max.block.ms", "5000"));
        producer.initTransactions();
        for (long value = 1; !stop; value++) {
            commitJournalled("load-txn", 0, value, offsets -> {
                producer.beginTransaction();
                producer.sendOffsetsToTransaction(offsets, new ConsumerGroupMetadata("load-txn"));
                producer.commitTransaction();
            });
        }
    }

    private interface Commit {
        void send(Map<TopicPartition, OffsetAndMetadata> offsets) throws Exception;
    }

    private void commitJournalled(String group, int partition, long value, Commit commit) {
        String key = group + "|orders-" + partition;
        journal.compute(key, (k, before) -> new Entry(value, before == null ? -1 : before.acknowledged));
        try {
            commit.send(Map.of(new TopicPartition("orders", partition), Run.position(value, 0, "")));
            journal.put(key, new Entry(value, value));
            Thread.sleep(10);
        } catch (Exception e) {
            stop = true; // the broker is gone: this value stays attempted
        }
    }
}
