//! Command lines of Kafka's own tools, as each release takes them.

use lastwrites_types::{ByteText, CONSUMER_OFFSETS_TOPIC, Release};

use crate::shell::shell_option;

/// From this release on `kafka-leader-election` takes `--command-config` (KIP-1147); before, `--admin.config`.
const ELECTION_COMMAND_CONFIG: Release = Release::new(4, 2, 0);

/// Command lines for one release. `$BOOTSTRAP` and `client.properties` are the operator's.
#[derive(Clone, Copy)]
pub(super) struct Commands {
    pub(super) release: Release,
    pub(super) partition: i32,
}

impl Commands {
    /// Leader, replicas and in-sync replicas of the partition.
    pub(super) fn describe_topic(self) -> String {
        format!(
            "{} --describe --topic {CONSUMER_OFFSETS_TOPIC} | grep -w 'Partition: {}'",
            tool("kafka-topics.sh"),
            self.partition
        )
    }

    /// Changes the order of replicas.
    pub(super) fn reassign(self, file: &str) -> [String; 2] {
        let tool = tool("kafka-reassign-partitions.sh");
        [
            format!("{tool} --execute --reassignment-json-file {file}"),
            format!("{tool} --verify --reassignment-json-file {file}"),
        ]
    }

    /// Makes the first replica leader.
    pub(super) fn elect(self, file: &str) -> String {
        let config =
            if self.release < ELECTION_COMMAND_CONFIG { "--admin.config" } else { "--command-config" };
        format!(
            "kafka-leader-election.sh --bootstrap-server \"$BOOTSTRAP\" {config} client.properties \
             --election-type preferred --path-to-json-file {file}"
        )
    }

    /// Asks the coordinator for a group's state: only a loaded shard answers.
    pub(super) fn group_state(self, group: &ByteText) -> Option<String> {
        Some(format!(
            "{} --describe --state --timeout 15000 {}",
            tool("kafka-consumer-groups.sh"),
            option(group)?
        ))
    }

    /// Deletes a group with all its committed offsets.
    pub(super) fn delete_group(self, group: &ByteText) -> Option<String> {
        Some(format!("{} --delete {}", tool("kafka-consumer-groups.sh"), option(group)?))
    }
}

fn tool(name: &str) -> String {
    format!("{name} --bootstrap-server \"$BOOTSTRAP\" --command-config client.properties")
}

/// The option that names a group; `None` where its id isn't text, which Kafka's tools can't be given.
fn option(group: &ByteText) -> Option<String> {
    group.as_str().map(|id| shell_option("--group", id.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_election_tool_changed_its_option_in_4_2() {
        let elect = |release| Commands { release, partition: 5 }.elect("election.json");
        assert!(elect(Release::new(4, 1, 2)).contains(" --admin.config client.properties "));
        assert!(elect(Release::new(4, 2, 0)).contains(" --command-config client.properties "));
    }
}
