package lastwrites.kafka.broker;

import java.util.List;
import java.util.Map;
import java.util.Set;

import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/** Classic groups: commits from outside and by members, rewinds, static members, deletions, names beyond ASCII. */
final class ClassicGroups implements Fixture.Workload {
    private final Fixture.Copy copy;

    ClassicGroups(Fixture.Copy copy) {
        this.copy = copy;
    }

    @Override
    public Map<String, String> config() {
        return Map.of();
    }

    @Override
    public Fixture.Copy copy() {
        return copy;
    }

    @Override
    public void run(Run run) throws Exception {
        run.createTopic("orders", 4);
        run.createTopic("payments", 3);
        run.createTopic("doomed", 2);
        simpleCommits(run);
        deletions(run);
        members(run);
    }

    private static void simpleCommits(Run run) throws Exception {
        for (int i = 0; i < 12; i++) {
            run.commit("billing", "orders", i % 4, 100 + i, i % 3 == 0 ? null : i, "step " + i);
        }
        run.commit("rewound", "payments", 0, 5_000, 0, "before the incident");
        run.commit("rewound", "payments", 0, 40, 0, "set back by hand");
        run.event("rewind", "group", "rewound", "topic", "payments", "partition", 0, "from", 5_000, "to", 40);
        run.commit("extremes", "orders", 0, 0, 0, "");
        run.commit("extremes", "orders", 1, Long.MAX_VALUE, Integer.MAX_VALUE, "x".repeat(4096));
        run.commit("extremes", "orders", 2, 9_007_199_254_740_993L, null, "beyond a double's integers");
        run.commit("checkout-группа", "payments", 1, 17, 0, "заметка");
        run.commit("group-\uD83E\uDD80", "payments", 2, 18, 0, "crab \uD83E\uDD80, \"quoted\",\ttab\nnewline");
        run.commit("comma, \"quote\" and\ttab", "payments", 0, 19, null, "a,b;c");
        run.commit("polygenelubricants", "orders", 3, 20, 0, "a group whose hash has no absolute value");
    }

    private static void deletions(Run run) throws Exception {
        run.commit("deleted-group", "orders", 0, 77, 0, "lost");
        run.admin.deleteConsumerGroups(List.of("deleted-group")).all().get();
        run.event("deleteGroup", "group", "deleted-group", "lastOffsets", Map.of("orders-0", 77));
        run.commit("deleted-offset", "orders", 0, 81, 0, "goes");
        run.commit("deleted-offset", "orders", 1, 82, 0, "stays");
        run.admin.deleteConsumerGroupOffsets("deleted-offset", Set.of(new TopicPartition("orders", 0))).all().get();
        run.event("deleteOffsets", "group", "deleted-offset", "lastOffsets", Map.of("orders-0", 81));
        run.commit("deleted-topic", "doomed", 0, 91, 0, "its topic goes");
        run.commit("deleted-topic", "doomed", 1, 92, 0, "its topic goes");
        run.commit("deleted-topic", "orders", 0, 93, 0, "stays");
        run.commit("back-again", "orders", 2, 61, 0, "first life");
        run.admin.deleteConsumerGroups(List.of("back-again")).all().get();
        run.event("deleteGroup", "group", "back-again", "lastOffsets", Map.of("orders-2", 61));
        run.commit("back-again", "orders", 2, 3, 0, "second life");
        run.admin.deleteTopics(List.of("doomed")).all().get();
        run.event("deleteTopic", "topic", "doomed", "lastOffsets", Map.of("doomed-0", 91, "doomed-1", 92));
    }

    private static void members(Run run) throws Exception {
        KafkaConsumer<String, String> one = run.member("workers", "worker-1", Map.of("client.rack", "rack-a"));
        one.subscribe(List.of("orders"));
        run.settle(4, List.of(one));
        KafkaConsumer<String, String> two = run.member("workers", "worker-2", Map.of());
        two.subscribe(List.of("orders"));
        run.settle(4, List.of(one, two));
        run.commitAll(List.of(one, two), 11, "by a member");
        run.commitAll(List.of(one, two), 12, "");

        KafkaConsumer<String, String> here = run.member("static-workers", "static-1", Map.of("group.instance.id", "instance-1"));
        here.subscribe(List.of("payments"));
        KafkaConsumer<String, String> away = run.member("static-workers", "static-2", Map.of("group.instance.id", "instance-2"));
        away.subscribe(List.of("payments"));
        run.settle(3, List.of(here, away));
        run.commitAll(List.of(here, away), 21, "static");
        run.leave(away);
        run.event("staticMemberAway", "group", "static-workers", "instanceId", "instance-2");

        KafkaConsumer<String, String> leaver = run.member("left", "leaver", Map.of(
            "partition.assignment.strategy", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"));
        leaver.subscribe(List.of("orders", "payments"));
        run.settle(7, List.of(leaver));
        run.commitAll(List.of(leaver), 31, "then left");
        run.leave(leaver);
        run.event("leave", "group", "left");
    }
}
