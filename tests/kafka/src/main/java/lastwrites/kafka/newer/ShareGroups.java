package lastwrites.kafka.newer;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;

import lastwrites.kafka.broker.Fixture;
import lastwrites.kafka.broker.Run;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Share groups (KIP-932): with members, left by all, deleted. */
final class ShareGroups implements Fixture.Workload {
    @Override
    public Map<String, String> config() {
        return Map.of(
            "group.share.min.heartbeat.interval.ms", "500",
            "group.share.heartbeat.interval.ms", "500",
            // Members are not polled while the copy is taken.
            "group.share.max.session.timeout.ms", "60000",
            "group.share.session.timeout.ms", "60000",
            "share.coordinator.state.topic.replication.factor", "1",
            "share.coordinator.state.topic.min.isr", "1",
            "share.coordinator.state.topic.num.partitions", "2");
    }

    @Override
    public Fixture.Copy copy() {
        return Fixture.Copy.LIVE;
    }

    @Override
    public void run(Run run) throws Exception {
        run.createTopic("orders", 4);
        run.createTopic("payments", 3);
        run.produce("orders", 4, 5);
        run.commit("simple", "orders", 0, 1, 0, "a group with offsets beside share groups");
        KafkaShareConsumer<String, String> one = member(run, "sharing", "share-1", List.of("orders", "payments"));
        poll(List.of(one));
        KafkaShareConsumer<String, String> two = member(run, "sharing", "share-2", List.of("orders"));
        poll(List.of(one, two));
        KafkaShareConsumer<String, String> leaver = member(run, "left", "share-3", List.of("payments"));
        poll(List.of(leaver));
        leaver.close(Duration.ofSeconds(5));
        run.event("leave", "group", "left");
        KafkaShareConsumer<String, String> last = member(run, "deleted-group", "share-4", List.of("payments"));
        poll(List.of(last));
        last.close(Duration.ofSeconds(5));
        run.admin.deleteShareGroups(List.of("deleted-group")).all().get();
        run.event("deleteGroup", "group", "deleted-group");
    }

    private static KafkaShareConsumer<String, String> member(Run run, String group, String clientId, List<String> topics) {
        Properties config = run.clientConfig();
        config.put("group.id", group);
        config.put("client.id", clientId);
        config.put("key.deserializer", StringDeserializer.class.getName());
        config.put("value.deserializer", StringDeserializer.class.getName());
        KafkaShareConsumer<String, String> member = new KafkaShareConsumer<>(config);
        member.subscribe(topics);
        return member;
    }

    /** Long enough for heartbeats to bring every member its assignment. */
    private static void poll(List<KafkaShareConsumer<String, String>> members) {
        for (int i = 0; i < 20; i++) {
            members.forEach(member -> member.poll(Duration.ofMillis(150)));
        }
    }
}
