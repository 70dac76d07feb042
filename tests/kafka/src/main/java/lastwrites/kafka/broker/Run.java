package lastwrites.kafka.broker;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** What a workload works with: the broker, an admin client, members it keeps open, and the list of what it did. */
public final class Run implements AutoCloseable {
    public static final ObjectMapper JSON = new ObjectMapper();
    private static final int TIMEOUT_MS = 120_000;

    public final Broker broker;
    public final Admin admin;
    public final ArrayNode events = JSON.createArrayNode();
    public final ObjectNode extra = JSON.createObjectNode();
    private final Set<String> topics = new HashSet<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private final List<KafkaConsumer<String, String>> members = new ArrayList<>();

    public Run(Broker broker) {
        this.broker = broker;
        this.admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrap()));
    }

    /** Notes what the workload did, with the wall clock. */
    public void event(String op, Object... namesAndValues) {
        ObjectNode event = events.addObject().put("ts", System.currentTimeMillis()).put("op", op);
        for (int i = 0; i + 1 < namesAndValues.length; i += 2) {
            event.putPOJO(String.valueOf(namesAndValues[i]), namesAndValues[i + 1]);
        }
    }

    /** Creates the topic unless another part of the workload did. */
    public void createTopic(String topic, int partitions) throws Exception {
        if (!topics.add(topic)) {
            return;
        }
        admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
        event("createTopic", "topic", topic, "partitions", partitions);
    }

    /** Writes `count` records to each partition. */
    public void produce(String topic, int partitions, int count) throws Exception {
        try (KafkaProducer<String, String> producer = producer(Map.of())) {
            for (int i = 0; i < count * partitions; i++) {
                producer.send(new ProducerRecord<>(topic, i % partitions, "key " + i % 7, "value " + i));
            }
        }
    }

    /** A commit from outside the group. */
    public void commit(String group, String topic, int partition, long offset, Integer leaderEpoch, String metadata) throws Exception {
        commit(group, Map.of(new TopicPartition(topic, partition), position(offset, leaderEpoch, metadata)));
    }

    public void commit(String group, Map<TopicPartition, OffsetAndMetadata> offsets) throws Exception {
        admin.alterConsumerGroupOffsets(group, offsets).all().get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
    }

    public static OffsetAndMetadata position(long offset, Integer leaderEpoch, String metadata) {
        return new OffsetAndMetadata(offset, Optional.ofNullable(leaderEpoch), metadata);
    }

    /** A consumer that stays open until the run ends, unless the workload closes it. */
    public KafkaConsumer<String, String> member(String group, String clientId, Map<String, String> config) {
        Properties properties = clientConfig();
        properties.put("group.id", group);
        properties.put("client.id", clientId);
        properties.put("key.deserializer", StringDeserializer.class.getName());
        properties.put("value.deserializer", StringDeserializer.class.getName());
        properties.put("enable.auto.commit", "false");
        properties.put("auto.offset.reset", "earliest");
        properties.put("max.poll.interval.ms", "600000");
        properties.putAll(config);
        KafkaConsumer<String, String> member = keepOpen(new KafkaConsumer<>(properties));
        members.add(member);
        return member;
    }

    public KafkaProducer<String, String> producer(Map<String, String> config) {
        Properties properties = clientConfig();
        properties.put("key.serializer", StringSerializer.class.getName());
        properties.put("value.serializer", StringSerializer.class.getName());
        properties.put("linger.ms", "0");
        properties.putAll(config);
        return keepOpen(new KafkaProducer<>(properties));
    }

    public Properties clientConfig() {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", broker.bootstrap());
        return properties;
    }

    public <T extends AutoCloseable> T keepOpen(T client) {
        open.add(client);
        return client;
    }

    /** Polls members of one group until they share `partitions` partitions without overlap, and a little longer. */
    public void settle(int partitions, List<KafkaConsumer<String, String>> members) throws Exception {
        long deadline = System.currentTimeMillis() + TIMEOUT_MS;
        int calm = 0;
        while (calm < 5) {
            if (System.currentTimeMillis() > deadline) {
                throw new IllegalStateException("members did not settle: " + assignments(members));
            }
            Set<TopicPartition> all = new HashSet<>();
            int sum = 0;
            for (KafkaConsumer<String, String> member : members) {
                poll(member, 100);
                all.addAll(member.assignment());
                sum += member.assignment().size();
            }
            calm = sum == partitions && all.size() == partitions ? calm + 1 : 0;
        }
        event("settled", "members", assignments(members));
    }

    /**
     * One poll. On a slow machine the consumer of the new protocol (4.1.2) may lose a partition between fetching and
     * updating its position and throws; it works again on the next poll.
     */
    private static void poll(KafkaConsumer<String, String> member, long ms) {
        try {
            member.poll(Duration.ofMillis(ms));
        } catch (IllegalStateException lost) {
            if (lost.getMessage() == null || !lost.getMessage().startsWith("No current assignment for partition")) {
                throw lost;
            }
        }
    }

    /** Lets time pass while the open members go on polling, so that no rebalance stays half done. */
    public void idle(long ms) throws InterruptedException {
        long deadline = System.currentTimeMillis() + ms;
        while (System.currentTimeMillis() < deadline) {
            for (KafkaConsumer<String, String> member : members) {
                poll(member, 50);
            }
            Thread.sleep(50);
        }
    }

    /** Closes a member in the ordinary way: it leaves its group, unless it is static. */
    public void leave(KafkaConsumer<String, String> member) {
        members.remove(member);
        member.close(Duration.ofSeconds(2));
    }

    /** Each member commits `offset` for all it owns. */
    public void commitAll(List<KafkaConsumer<String, String>> members, long offset, String metadata) {
        for (KafkaConsumer<String, String> member : members) {
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            for (TopicPartition partition : member.assignment()) {
                offsets.put(partition, position(offset, 0, metadata));
            }
            member.commitSync(offsets);
        }
    }

    private static String assignments(List<KafkaConsumer<String, String>> members) {
        StringBuilder text = new StringBuilder();
        for (KafkaConsumer<String, String> member : members) {
            text.append(member.assignment()).append(' ');
        }
        return text.toString().strip();
    }

    @Override
    public void close() {
        admin.close(Duration.ZERO);
        // The broker is gone by now: clients must not wait for its goodbye.
        for (AutoCloseable client : open) {
            try {
                if (client instanceof KafkaProducer<?, ?> producer) {
                    producer.close(Duration.ZERO);
                } else if (client instanceof KafkaConsumer<?, ?> consumer) {
                    consumer.close(Duration.ZERO);
                } else {
                    client.close();
                }
            } catch (Exception e) {
                System.err.println("closing a client: " + e.getMessage());
            }
        }
    }
}
