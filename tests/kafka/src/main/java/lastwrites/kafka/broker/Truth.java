package lastwrites.kafka.broker;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.ConsumerGroupListing;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** Asks the running broker, through the Admin API alone, what is true: groups, members, committed offsets, topics. */
public final class Truth {
    /** Describes a group of a type that only newer Admin clients know. */
    public interface Describer {
        void describe(Admin admin, String group, ObjectNode into) throws Exception;
    }

    private static final int TIMEOUT_S = 90;

    private final Map<String, Describer> describers = new TreeMap<>();

    /** Adds how groups of `type` are described. */
    public void describe(String type, Describer describer) {
        describers.put(type, describer);
    }

    /** The state now. Stable order, so that two calls can be compared. */
    public ObjectNode ask(Admin admin) throws Exception {
        ObjectNode truth = Run.JSON.createObjectNode();
        ObjectNode topics = truth.putObject("topics");
        Collection<String> names = admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get(TIMEOUT_S, TimeUnit.SECONDS);
        for (TopicDescription topic : new TreeMap<>(admin.describeTopics(names).allTopicNames().get(TIMEOUT_S, TimeUnit.SECONDS)).values()) {
            topics.putObject(topic.name()).put("id", topic.topicId().toString()).put("partitions", topic.partitions().size());
            if (topic.name().equals("__consumer_offsets")) {
                truth.put("offsetsPartitions", topic.partitions().size());
            }
        }
        ArrayNode groups = truth.putArray("groups");
        for (Map.Entry<String, Listing> entry : list(admin).entrySet()) {
            Listing listing = entry.getValue();
            ObjectNode group = groups.addObject();
            group.put("group", entry.getKey());
            group.put("type", listing.type);
            group.put("state", listing.state);
            offsets(admin, entry.getKey(), group.putArray("offsets"));
            try {
                describers.getOrDefault(String.valueOf(listing.type), Truth::describeConsumer).describe(admin, entry.getKey(), group);
            } catch (ExecutionException e) {
                // 4.x refuses to describe a few groups that it lists, such as that with the empty id.
                group.put("describeError", String.valueOf(e.getCause().getMessage()));
            }
        }
        return truth;
    }

    /** A sorted list of `topic-partition`. */
    public static void partitions(Collection<TopicPartition> partitions, ArrayNode into) {
        partitions.stream().map(TopicPartition::toString).sorted().forEach(into::add);
    }

    /** What an accessor that only newer clients have returns, without its Optional; null where it is missing or empty. */
    static JsonNode newer(Object object, String accessor) throws ReflectiveOperationException {
        try {
            Object value = object.getClass().getMethod(accessor).invoke(object);
            if (value instanceof Optional<?> optional) {
                value = optional.orElse(null);
            }
            if (value instanceof Enum<?>) {
                value = value.toString();
            }
            return Run.JSON.valueToTree(value);
        } catch (NoSuchMethodException e) {
            return Run.JSON.nullNode();
        }
    }

    private record Listing(String type, String state) {
    }

    /** 4.1 and later list all group types at once; before that there are only consumer groups, from 3.8 on with a type. */
    private static Map<String, Listing> list(Admin admin) throws Exception {
        Map<String, Listing> groups = new TreeMap<>();
        List<Object> listings = new ArrayList<>();
        try {
            Object result = Admin.class.getMethod("listGroups").invoke(admin);
            Object future = result.getClass().getMethod("all").invoke(result);
            listings.addAll(((org.apache.kafka.common.KafkaFuture<Collection<?>>) future).get(TIMEOUT_S, TimeUnit.SECONDS));
        } catch (NoSuchMethodException e) {
            Collection<ConsumerGroupListing> all = admin.listConsumerGroups().all().get(TIMEOUT_S, TimeUnit.SECONDS);
            listings.addAll(all);
        }
        for (Object listing : listings) {
            JsonNode state = newer(listing, "groupState");
            if (state.isNull()) {
                state = newer(listing, "state");
            }
            JsonNode type = newer(listing, "type");
            groups.put((String) listing.getClass().getMethod("groupId").invoke(listing),
                new Listing(type.isNull() ? null : type.asText(), state.isNull() ? null : state.asText()));
        }
        return groups;
    }

    private static void offsets(Admin admin, String group, ArrayNode into) throws Exception {
        Map<TopicPartition, OffsetAndMetadata> offsets;
        try {
            offsets = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get(TIMEOUT_S, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            // Share groups have no committed offsets here.
            offsets = new LinkedHashMap<>();
        }
        offsets(offsets, into);
    }

    /** Committed offsets by topic and partition. */
    static void offsets(Map<TopicPartition, OffsetAndMetadata> offsets, ArrayNode into) {
        offsets.entrySet().stream()
            .filter(entry -> entry.getValue() != null)
            .sorted(Comparator.comparing((Map.Entry<TopicPartition, OffsetAndMetadata> entry) -> entry.getKey().topic())
                .thenComparing(entry -> entry.getKey().partition()))
            .forEach(entry -> {
                ObjectNode offset = into.addObject();
                offset.put("topic", entry.getKey().topic()).put("partition", entry.getKey().partition());
                offset.put("offset", entry.getValue().offset());
                offset.put("leaderEpoch", entry.getValue().leaderEpoch().orElse(null));
                offset.put("metadata", entry.getValue().metadata());
            });
    }

    private static void describeConsumer(Admin admin, String id, ObjectNode group) throws Exception {
        ConsumerGroupDescription description =
            admin.describeConsumerGroups(List.of(id)).describedGroups().get(id).get(TIMEOUT_S, TimeUnit.SECONDS);
        group.put("assignor", description.partitionAssignor());
        group.set("groupEpoch", newer(description, "groupEpoch"));
        group.set("targetAssignmentEpoch", newer(description, "targetAssignmentEpoch"));
        ArrayNode members = group.putArray("members");
        for (MemberDescription member : description.members().stream().sorted(Comparator.comparing(MemberDescription::consumerId)).toList()) {
            ObjectNode node = members.addObject();
            node.put("memberId", member.consumerId());
            node.put("instanceId", member.groupInstanceId().orElse(null));
            node.put("clientId", member.clientId());
            node.put("host", member.host());
            node.set("rackId", newer(member, "rackId"));
            node.set("memberEpoch", newer(member, "memberEpoch"));
            node.set("upgraded", newer(member, "upgraded"));
            partitions(member.assignment().topicPartitions(), node.putArray("assignment"));
        }
    }
}
