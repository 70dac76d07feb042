package lastwrites.kafka.broker;

import java.nio.file.Path;

/**
 * One broker fixture with workloads that every release's clients can run.
 *
 * Arguments: workload, name of the case, scratch folder, target folder.
 */
public final class BrokerFixtures {
    private static final int GZIP = 1;
    private static final int SNAPPY = 2;
    private static final int LZ4 = 3;
    private static final int ZSTD = 4;

    private BrokerFixtures() {
    }

    public static void main(String[] args) throws Exception {
        Fixture.Workload workload = switch (args[0]) {
            case "classic-live" -> new ClassicGroups(Fixture.Copy.LIVE);
            case "classic-clean" -> new ClassicGroups(Fixture.Copy.CLEAN_SHUTDOWN);
            case "transactions-gzip" -> new Transactions(GZIP);
            case "transactions-zstd" -> new Transactions(ZSTD);
            case "compacted-snappy" -> new Compacted(SNAPPY);
            case "compacted-lz4" -> new Compacted(LZ4);
            case "crash" -> new Crash();
            case "consumer" -> new ConsumerGroups(run -> { });
            default -> throw new IllegalArgumentException("no such workload: " + args[0]);
        };
        Fixture.write(args[1], workload, new Truth(), Path.of(args[2]), Path.of(args[3]));
        System.exit(0); // clients of a killed broker may still have threads
    }
}
