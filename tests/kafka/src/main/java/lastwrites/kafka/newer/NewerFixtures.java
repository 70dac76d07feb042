package lastwrites.kafka.newer;

import java.nio.file.Path;

import lastwrites.kafka.broker.ConsumerGroups;
import lastwrites.kafka.broker.Fixture;

/**
 * One broker fixture with a workload that only clients from 4.1 on can run.
 *
 * Arguments: workload, name of the case, scratch folder, target folder.
 */
public final class NewerFixtures {
    private NewerFixtures() {
    }

    public static void main(String[] args) throws Exception {
        Fixture.Workload workload = switch (args[0]) {
            case "consumer-regex" -> new ConsumerGroups(RegexGroup::run);
            case "fresh" -> new Fresh();
            case "share" -> new ShareGroups();
            case "streams" -> new StreamsGroups();
            default -> throw new IllegalArgumentException("no such workload: " + args[0]);
        };
        Fixture.write(args[1], workload, NewerTruth.create(), Path.of(args[2]), Path.of(args[3]));
        System.exit(0); // clients of a killed broker may still have threads
    }
}
