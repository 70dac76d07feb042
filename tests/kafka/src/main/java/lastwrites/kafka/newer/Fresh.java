package lastwrites.kafka.newer;

import java.util.HashMap;
import java.util.Map;

import lastwrites.kafka.broker.ConsumerGroups;
import lastwrites.kafka.broker.Fixture;
import lastwrites.kafka.broker.Run;
import lastwrites.kafka.broker.Transactions;

/** What continuous integration runs on a fresh broker: both protocols, a regular expression, transactions of every outcome. */
final class Fresh implements Fixture.Workload {
    private static final int ZSTD = 4;

    private final Fixture.Workload consumers = new ConsumerGroups(RegexGroup::run);
    private final Fixture.Workload transactions = new Transactions(ZSTD);

    @Override
    public Map<String, String> config() {
        Map<String, String> config = new HashMap<>(consumers.config());
        config.putAll(transactions.config());
        return config;
    }

    @Override
    public Fixture.Copy copy() {
        return Fixture.Copy.LIVE;
    }

    @Override
    public void run(Run run) throws Exception {
        consumers.run(run);
        transactions.run(run);
    }
}
