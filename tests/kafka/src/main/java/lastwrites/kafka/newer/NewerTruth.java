package lastwrites.kafka.newer;

import java.util.Comparator;
import java.util.List;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import lastwrites.kafka.broker.Truth;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ShareGroupDescription;
import org.apache.kafka.clients.admin.ShareMemberDescription;
import org.apache.kafka.clients.admin.StreamsGroupDescription;
import org.apache.kafka.clients.admin.StreamsGroupMemberAssignment;
import org.apache.kafka.clients.admin.StreamsGroupMemberDescription;

/** Describes share and streams groups, which only clients from 4.1 on can. */
final class NewerTruth {
    private NewerTruth() {
    }

    static Truth create() {
        Truth truth = new Truth();
        truth.describe("Share", NewerTruth::share);
        truth.describe("Streams", NewerTruth::streams);
        return truth;
    }

    private static void share(Admin admin, String id, ObjectNode group) throws Exception {
        ShareGroupDescription description = admin.describeShareGroups(List.of(id)).describedGroups().get(id).get();
        group.put("groupEpoch", description.groupEpoch());
        group.put("targetAssignmentEpoch", description.targetAssignmentEpoch());
        ArrayNode members = group.putArray("members");
        for (ShareMemberDescription member : description.members().stream().sorted(Comparator.comparing(ShareMemberDescription::consumerId)).toList()) {
            ObjectNode node = members.addObject();
            node.put("memberId", member.consumerId()).put("clientId", member.clientId()).put("host", member.host());
            node.put("memberEpoch", member.memberEpoch());
            Truth.partitions(member.assignment().topicPartitions(), node.putArray("assignment"));
        }
    }

    private static void streams(Admin admin, String id, ObjectNode group) throws Exception {
        StreamsGroupDescription description = admin.describeStreamsGroups(List.of(id)).describedGroups().get(id).get();
        group.put("groupEpoch", description.groupEpoch());
        group.put("targetAssignmentEpoch", description.targetAssignmentEpoch());
        group.put("topologyEpoch", description.topologyEpoch());
        ArrayNode members = group.putArray("members");
        for (StreamsGroupMemberDescription member : description.members().stream()
                .sorted(Comparator.comparing(StreamsGroupMemberDescription::memberId)).toList()) {
            ObjectNode node = members.addObject();
            node.put("memberId", member.memberId());
            node.put("instanceId", member.instanceId().orElse(null)).put("rackId", member.rackId().orElse(null));
            node.put("clientId", member.clientId()).put("host", member.clientHost());
            node.put("memberEpoch", member.memberEpoch()).put("topologyEpoch", member.topologyEpoch());
            node.put("processId", member.processId());
            tasks(member.assignment().activeTasks(), node.putArray("activeTasks"));
            tasks(member.assignment().standbyTasks(), node.putArray("standbyTasks"));
            tasks(member.assignment().warmupTasks(), node.putArray("warmupTasks"));
        }
    }

    /** As `subtopology_partition`, sorted. */
    private static void tasks(List<StreamsGroupMemberAssignment.TaskIds> tasks, ArrayNode into) {
        tasks.stream()
            .flatMap(task -> task.partitions().stream().map(partition -> task.subtopologyId() + "_" + partition))
            .sorted()
            .forEach(into::add);
    }
}
