package lastwrites.kafka.broker;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;

/**
 * Small segments and an eager cleaner that does not delete what it replaced: compacted segments beside the `.deleted`
 * originals, delete horizons, markers of transactions whose records are gone.
 */
final class Compacted implements Fixture.Workload {
    private static final int ROUNDS = 40;

    private final int codec;

    Compacted(int codec) {
        this.codec = codec;
    }

    @Override
    public Map<String, String> config() {
        Map<String, String> config = new HashMap<>();
        config.put("offsets.topic.compression.codec", Integer.toString(codec));
        config.put("offsets.topic.num.partitions", "2");
        config.put("log.cleaner.min.cleanable.ratio", "0.01");
        config.put("log.cleaner.backoff.ms", "300");
        config.put("log.cleaner.dedupe.buffer.size", "2097152");
        config.put("log.segment.delete.delay.ms", "3600000");
        // Segments roll when an index is full, whatever the least `segment.bytes` of the release is.
        config.put("log.index.size.max.bytes", "24");
        config.put("log.index.interval.bytes", "512");
        return config;
    }

    @Override
    public Fixture.Copy copy() {
        return Fixture.Copy.LIVE;
    }

    @Override
    public void run(Run run) throws Exception {
        run.createTopic("orders", 4);
        KafkaProducer<String, String> producer = run.producer(Map.of("transactional.id", "compacted"));
        producer.initTransactions();
        for (int round = 0; round < ROUNDS; round++) {
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            for (int partition = 0; partition < 4; partition++) {
                offsets.put(new TopicPartition("orders", partition), Run.position(100 * round + partition, 0, "round " + round));
            }
            for (String group : new String[] {"busy", "busy-too", "once-" + round % 8}) {
                run.commit(group, offsets);
            }
            producer.beginTransaction();
            producer.sendOffsetsToTransaction(offsets, new ConsumerGroupMetadata(round % 2 == 0 ? "in-transactions" : "busy"));
            if (round % 5 == 4) {
                producer.abortTransaction();
            } else {
                producer.commitTransaction();
            }
            if (round % 10 == 3) {
                run.admin.deleteConsumerGroups(Set.of("once-3")).all().get();
                run.event("deleteGroup", "group", "once-3", "round", round);
            }
            Thread.sleep(50);
        }
        awaitDeleted(run);
    }

    private static void awaitDeleted(Run run) throws Exception {
        for (int i = 0; i < 120; i++) {
            long deleted = Evidence.list(run.broker.logDir()).keySet().stream().filter(name -> name.endsWith(".log.deleted")).count();
            if (deleted >= 4) {
                run.event("cleaned", "deletedSegments", deleted);
                return;
            }
            Thread.sleep(500);
        }
        throw new IllegalStateException("the cleaner did nothing: " + Evidence.list(run.broker.logDir()).keySet());
    }
}
