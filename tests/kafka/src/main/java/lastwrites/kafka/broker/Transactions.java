package lastwrites.kafka.broker;

import java.util.Map;

import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;

/** Offsets committed in transactions: committed, aborted, still open, interleaved with each other and with plain commits. */
public final class Transactions implements Fixture.Workload {
    private final int codec;

    /** `codec` as in `offsets.topic.compression.codec`. */
    public Transactions(int codec) {
        this.codec = codec;
    }

    @Override
    public Map<String, String> config() {
        return Map.of("offsets.topic.compression.codec", Integer.toString(codec));
    }

    @Override
    public Fixture.Copy copy() {
        return Fixture.Copy.CLEAN_SHUTDOWN;
    }

    @Override
    public void run(Run run) throws Exception {
        run.createTopic("orders", 4);
        for (int i = 0; i < 10; i++) {
            run.commit("plain", Map.of(
                new TopicPartition("orders", 0), Run.position(i, 0, "plain " + i),
                new TopicPartition("orders", 1), Run.position(2 * i, 0, "plain " + i)));
        }
        KafkaProducer<String, String> steady = begin(run, "steady");
        for (int i = 1; i <= 3; i++) {
            send(steady, "committed", 0, 10 * i, "round " + i);
            steady.commitTransaction();
            steady.beginTransaction();
        }
        send(steady, "committed", 0, 999, "never visible");
        steady.abortTransaction();
        run.event("abort", "group", "committed", "offset", 999);

        KafkaProducer<String, String> aborted = begin(run, "aborted");
        send(aborted, "only-aborted", 1, 50, "never visible");
        aborted.abortTransaction();
        run.event("abort", "group", "only-aborted", "offset", 50);

        interleaved(run);
        fenced(run);

        run.commit("open", "orders", 2, 5, 0, "before the open transaction");
        KafkaProducer<String, String> open = begin(run, "open");
        send(open, "open", 2, 6, "pending");
        send(open, "open", 3, 7, "pending, nothing before it");
        send(open, "only-open", 0, 8, "pending in a group of its own");
        run.event("open", "group", "open", "pending", Map.of("orders-2", 6, "orders-3", 7));
        run.event("open", "group", "only-open", "pending", Map.of("orders-0", 8));
    }

    /** Two transactions and a plain commit on the same keys: the order of the records decides, not that of the markers. */
    private static void interleaved(Run run) throws Exception {
        KafkaProducer<String, String> first = begin(run, "first");
        KafkaProducer<String, String> second = begin(run, "second");
        send(first, "interleaved", 0, 100, "first");
        send(second, "interleaved", 0, 200, "second");
        send(first, "interleaved", 1, 101, "first");
        run.commit("interleaved", "orders", 1, 301, 0, "plain, while first is open");
        send(second, "interleaved", 2, 202, "second");
        send(first, "interleaved", 2, 102, "first");
        second.commitTransaction();
        first.commitTransaction();
        send(begun(first), "interleaved", 3, 103, "first");
        send(begun(second), "interleaved", 3, 203, "second");
        first.commitTransaction();
        second.abortTransaction();
        run.event("interleaved", "group", "interleaved");
    }

    /** A producer is replaced by another with its transactional id: the broker aborts what it had begun. */
    private static void fenced(Run run) throws Exception {
        KafkaProducer<String, String> zombie = begin(run, "fenced");
        send(zombie, "fenced", 0, 70, "of the fenced producer");
        KafkaProducer<String, String> heir = begin(run, "fenced");
        send(heir, "fenced", 1, 71, "of its successor");
        heir.commitTransaction();
        run.event("fenced", "group", "fenced", "offset", 70);
    }

    private static KafkaProducer<String, String> begin(Run run, String transactionalId) {
        KafkaProducer<String, String> producer = run.producer(Map.of("transactional.id", transactionalId, "transaction.timeout.ms", "600000"));
        producer.initTransactions();
        return begun(producer);
    }

    private static KafkaProducer<String, String> begun(KafkaProducer<String, String> producer) {
        producer.beginTransaction();
        return producer;
    }

    private static void send(KafkaProducer<String, String> producer, String group, int partition, long offset, String metadata) {
        Map<TopicPartition, OffsetAndMetadata> offsets = Map.of(new TopicPartition("orders", partition), Run.position(offset, 0, metadata));
        producer.sendOffsetsToTransaction(offsets, new ConsumerGroupMetadata(group));
    }
}
