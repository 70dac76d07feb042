//! Admin clients and the `kafka-consumer-groups` tool.

use super::java_client::NOT_COORDINATOR;
use super::{Explanation, messages};

static ADMIN: Explanation = Explanation {
    kind: "admin-group-call-failed",
    meaning: "An admin call about a group failed. With `Timed out waiting for a node assignment` the client could \
              not find a coordinator that serves the group: it asks, is told NOT_COORDINATOR, and asks again until \
              its timeout; the text does not name the coordinator at all.",
    causes: &[
        "the load of the group's offsets partition failed on its leader, so nobody serves the group",
        "no broker was reachable",
    ],
    ..NOT_COORDINATOR
};
static CALL: Explanation =
    Explanation { kind: "admin-group-call", meaning: "An admin call about a group.", ..Explanation::NEWS };

messages! {
    ADMIN, "every release" =>
        "Timed out waiting for a node assignment. Call: describeConsumerGroups",
        "Timed out waiting for a node assignment. Call: describeClassicGroups",
        "Timed out waiting for a node assignment. Call: describeShareGroups",
        "Timed out waiting for a node assignment. Call: describeStreamsGroups",
        "Timed out waiting for a node assignment. Call: deleteConsumerGroup",
        "Timed out waiting for a node assignment. Call: listConsumerGroupOffsets",
        "Timed out waiting for a node assignment. Call: alterConsumerGroupOffsets",
        "Timed out waiting for a node assignment. Call: removeMembersFromConsumerGroup",
        "Timed out waiting for a node assignment. Call: offsetFetch",
        "Timed out waiting for a node assignment. Call: offsetCommit",
        "Timed out waiting for a node assignment. Call: offsetDelete",
        "Timed out waiting for a node assignment. Call: findCoordinator",
        "Executing consumer group command failed due to",
        "Deletion of some consumer groups failed",
        "* Group '<group>' could not be deleted due to",
        "describeConsumerGroups failed",
        "listConsumerGroupOffsets failed",
        "deleteConsumerGroups failed",
        "deleteConsumerGroupOffsets failed",
        "alterConsumerGroupOffsets failed",
        "removeMembersFromConsumerGroup failed",
        "Failed to list consumer groups",
        "Error while describing consumer group";
    CALL, "every release" =>
        "describeConsumerGroups(<group>)",
        "listConsumerGroupOffsets(<group>)",
        "deleteConsumerGroups(<group>)",
        "alterConsumerGroupOffsets(<group>",
        "Consumer group '<group>' has no active members",
        "Consumer group '<group>' is rebalancing";
}
