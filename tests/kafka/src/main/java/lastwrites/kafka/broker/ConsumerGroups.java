package lastwrites.kafka.broker;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.apache.kafka.clients.consumer.KafkaConsumer;

/** Groups of the consumer protocol (KIP-848), and groups that moved between it and the classic protocol. */
public final class ConsumerGroups implements Fixture.Workload {
    /** More of the same that only newer clients can do. */
    public interface More {
        void run(Run run) throws Exception;
    }

    private static final Map<String, String> CONSUMER = Map.of("group.protocol", "consumer");

    private final More more;

    public ConsumerGroups(More more) {
        this.more = more;
    }

    @Override
    public Map<String, String> config() {
        Map<String, String> config = new HashMap<>();
        config.put("group.consumer.migration.policy", "bidirectional");
        config.put("group.consumer.min.heartbeat.interval.ms", "500");
        config.put("group.consumer.heartbeat.interval.ms", "500");
        // A static member that went away stays until its session ends.
        config.put("group.consumer.session.timeout.ms", "60000");
        config.put("group.consumer.max.session.timeout.ms", "60000");
        if (Broker.release().startsWith("3.")) {
            config.put("group.coordinator.rebalance.protocols", "classic,consumer");
        }
        return config;
    }

    @Override
    public Fixture.Copy copy() {
        return Fixture.Copy.LIVE;
    }

    @Override
    public void run(Run run) throws Exception {
        run.createTopic("orders", 4);
        run.createTopic("payments", 3);
        run.commit("simple", "orders", 0, 1, 0, "from outside");

        KafkaConsumer<String, String> one = member(run, "pair", "pair-1", Map.of("client.rack", "rack-a"));
        run.settle(4, List.of(one));
        run.commitAll(List.of(one), 5, "alone");
        KafkaConsumer<String, String> two = member(run, "pair", "pair-2", Map.of("group.remote.assignor", "range"));
        run.settle(4, List.of(one, two));
        run.commitAll(List.of(one, two), 6, "пара");

        KafkaConsumer<String, String> here = member(run, "static-pair", "static-1", Map.of("group.instance.id", "instance-1"));
        KafkaConsumer<String, String> away = member(run, "static-pair", "static-2", Map.of("group.instance.id", "instance-2"));
        run.settle(4, List.of(here, away));
        run.commitAll(List.of(here, away), 7, "static");
        run.leave(away);
        run.event("staticMemberAway", "group", "static-pair", "instanceId", "instance-2");

        KafkaConsumer<String, String> leaver = member(run, "left", "leaver", Map.of());
        run.settle(4, List.of(leaver));
        run.commitAll(List.of(leaver), 8, "then left");
        run.leave(leaver);

        KafkaConsumer<String, String> short1 = member(run, "deleted-group", "short", Map.of());
        run.settle(4, List.of(short1));
        run.commitAll(List.of(short1), 9, "lost");
        run.leave(short1);
        deleteGroup(run, "deleted-group");
        run.event("deleteGroup", "group", "deleted-group");

        upgraded(run);
        downgraded(run);
        more.run(run);
    }

    /** A classic group that a consumer-protocol member joins: it becomes a consumer group, the classic member stays. */
    private static void upgraded(Run run) throws Exception {
        KafkaConsumer<String, String> old = run.member("upgraded", "old", Map.of());
        old.subscribe(List.of("orders"));
        run.settle(4, List.of(old));
        run.commitAll(List.of(old), 10, "classic");
        KafkaConsumer<String, String> young = member(run, "upgraded", "young", Map.of());
        run.settle(4, List.of(old, young));
        run.commitAll(List.of(old, young), 11, "mixed");
        run.event("upgrade", "group", "upgraded");
    }

    /** The last consumer-protocol member leaves and a classic one remains: the group is classic again. */
    private static void downgraded(Run run) throws Exception {
        KafkaConsumer<String, String> young = member(run, "downgraded", "young", Map.of());
        run.settle(4, List.of(young));
        KafkaConsumer<String, String> old = run.member("downgraded", "old", Map.of());
        old.subscribe(List.of("orders"));
        run.settle(4, List.of(young, old));
        run.commitAll(List.of(young, old), 12, "mixed");
        run.leave(young);
        run.settle(4, List.of(old));
        run.commitAll(List.of(old), 13, "classic again");
        run.event("downgrade", "group", "downgraded");
    }

    /** The coordinator may need a moment to see that the last member left. */
    private static void deleteGroup(Run run, String group) throws Exception {
        for (int attempt = 0; ; attempt++) {
            try {
                run.admin.deleteConsumerGroups(List.of(group)).all().get();
                return;
            } catch (java.util.concurrent.ExecutionException e) {
                if (attempt == 20) {
                    throw e;
                }
                Thread.sleep(250);
            }
        }
    }

    private static KafkaConsumer<String, String> member(Run run, String group, String clientId, Map<String, String> config) {
        Map<String, String> all = new HashMap<>(CONSUMER);
        all.putAll(config);
        KafkaConsumer<String, String> member = run.member(group, clientId, all);
        member.subscribe(List.of("orders"));
        return member;
    }
}
