package lastwrites.kafka.records;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ConsumerProtocolAssignment;
import org.apache.kafka.common.message.ConsumerProtocolSubscription;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;

/**
 * The consumer protocol's subscription and assignment blobs that classic members carry inside group records: every
 * version of both, and blobs of versions newer than any client's, which readers take as the newest they know.
 */
final class ProtocolBlobs {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final short NEWEST = ConsumerProtocolSubscription.HIGHEST_SUPPORTED_VERSION;

    private ProtocolBlobs() {
    }

    /** A subscription as a client of this release writes it. */
    static byte[] typicalSubscription() {
        ByteBuffer userData = ByteBuffer.wrap("user data".getBytes(StandardCharsets.UTF_8));
        List<TopicPartition> owned = List.of(new TopicPartition("orders", 0), new TopicPartition("orders", 2));
        return bytes(ConsumerProtocol.serializeSubscription(new ConsumerPartitionAssignor.Subscription(
            List.of("orders", "payments"), userData, owned, 7, Optional.of("rack-1"))));
    }

    /** An assignment as a client of this release writes it. */
    static byte[] typicalAssignment() {
        return bytes(ConsumerProtocol.serializeAssignment(new ConsumerPartitionAssignor.Assignment(List.of(
            new TopicPartition("orders", 0), new TopicPartition("orders", 2), new TopicPartition("payments", 1)))));
    }

    /** One JSON line a blob. */
    static Set<String> lines() throws Exception {
        Set<String> lines = new LinkedHashSet<>();
        for (short version = 0; version <= NEWEST; version++) {
            for (RecordFixtures.Case c : RecordFixtures.CASES) {
                if (c.unknownTags() != MessageFiller.UnknownTags.NONE) {
                    continue; // these messages have no flexible version
                }
                ApiMessage subscription = new ConsumerProtocolSubscription();
                c.filler(version).fill(subscription, ConsumerProtocolSubscription.SCHEMAS[version]);
                lines.add(line("subscription", RecordBytes.prefixed(version, subscription, version)));
                ApiMessage assignment = new ConsumerProtocolAssignment();
                c.filler(version).fill(assignment, ConsumerProtocolAssignment.SCHEMAS[version]);
                lines.add(line("assignment", RecordBytes.prefixed(version, assignment, version)));
            }
        }
        for (short version : new short[] {NEWEST, (short) (NEWEST + 1), Short.MAX_VALUE}) {
            lines.add(line("subscription", longer(typicalSubscription(), version)));
            lines.add(line("assignment", longer(typicalAssignment(), version)));
        }
        return lines;
    }

    /** As a newer client would write it: another version number, more bytes after the fields known today. */
    private static byte[] longer(byte[] typical, short version) {
        return ByteBuffer.allocate(typical.length + 3).putShort(version).put(typical, 2, typical.length - 2)
            .put(new byte[] {1, 2, 3}).array();
    }

    private static String line(String kind, byte[] blob) throws Exception {
        ByteBuffer buffer = ByteBuffer.wrap(blob);
        short stored = buffer.getShort();
        short parsedAs = stored > NEWEST ? NEWEST : stored;
        ApiMessage message = kind.equals("subscription") ? new ConsumerProtocolSubscription() : new ConsumerProtocolAssignment();
        message.read(new ByteBufferAccessor(buffer), parsedAs);
        confirm(kind, blob, message);
        ObjectNode line = JSON.createObjectNode();
        line.put("kind", kind);
        line.put("blob", RecordBytes.hex(blob));
        line.put("version", stored);
        line.put("parsed_as", parsedAs);
        line.set("data", MessageTypes.json(message, parsedAs));
        line.put("trailing", buffer.remaining());
        return JSON.writeValueAsString(line);
    }

    /** The client's own reader must see the same topics and partitions. */
    private static void confirm(String kind, byte[] blob, ApiMessage message) {
        boolean same;
        if (message instanceof ConsumerProtocolSubscription ours) {
            ConsumerPartitionAssignor.Subscription theirs = ConsumerProtocol.deserializeSubscription(ByteBuffer.wrap(blob));
            same = theirs.topics().equals(ours.topics())
                && theirs.generationId().orElse(-1) == Math.max(ours.generationId(), -1)
                && theirs.rackId().equals(Optional.ofNullable(ours.rackId()).filter(rack -> !rack.isEmpty()));
        } else {
            ConsumerPartitionAssignor.Assignment theirs = ConsumerProtocol.deserializeAssignment(ByteBuffer.wrap(blob));
            int partitions = ((ConsumerProtocolAssignment) message).assignedPartitions().stream()
                .mapToInt(topic -> topic.partitions().size()).sum();
            same = theirs.partitions().size() == partitions;
        }
        if (!same) {
            throw new IllegalStateException("ConsumerProtocol reads this " + kind + " differently: " + RecordBytes.hex(blob));
        }
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }
}
