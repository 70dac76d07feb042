package lastwrites.kafka.newer;

import java.util.List;
import java.util.Map;

import lastwrites.kafka.broker.Run;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.SubscriptionPattern;

/** A consumer group whose subscription the broker resolves from a regular expression. */
final class RegexGroup {
    private RegexGroup() {
    }

    static void run(Run run) throws Exception {
        KafkaConsumer<String, String> member = run.member("regex", "regex-1", Map.of("group.protocol", "consumer"));
        member.subscribe(new SubscriptionPattern("pay.*|ord[a-z]+"));
        run.settle(7, List.of(member));
        run.commitAll(List.of(member), 14, "by pattern");
    }
}
