package lastwrites.kafka.records;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;

/**
 * Writes fixtures/records: every record type and value version of the Kafka release on the class path, as bytes and as
 * the JSON that release's own JsonConverters make of them. The same release always gives the same bytes.
 *
 * Arguments: the file for records, the file for the embedded consumer protocol blobs.
 */
public final class RecordFixtures {
    /** One way to fill a message. Random cases differ by their number. */
    record Case(MessageFiller.Style style, MessageFiller.UnknownTags unknownTags, int number) {
        MessageFiller filler(int salt) {
            return new MessageFiller(style, unknownTags, 1_000L * salt + number);
        }
    }

    static final List<Case> CASES = List.of(
        new Case(MessageFiller.Style.DEFAULTS, MessageFiller.UnknownTags.NONE, 0),
        new Case(MessageFiller.Style.NULLS, MessageFiller.UnknownTags.NONE, 1),
        new Case(MessageFiller.Style.TYPICAL, MessageFiller.UnknownTags.NONE, 2),
        new Case(MessageFiller.Style.LOWEST, MessageFiller.UnknownTags.NONE, 3),
        new Case(MessageFiller.Style.HIGHEST, MessageFiller.UnknownTags.NONE, 4),
        new Case(MessageFiller.Style.RANDOM, MessageFiller.UnknownTags.NONE, 5),
        new Case(MessageFiller.Style.RANDOM, MessageFiller.UnknownTags.NONE, 6),
        new Case(MessageFiller.Style.RANDOM, MessageFiller.UnknownTags.NONE, 7),
        new Case(MessageFiller.Style.DEFAULTS, MessageFiller.UnknownTags.TOP, 8),
        new Case(MessageFiller.Style.TYPICAL, MessageFiller.UnknownTags.TOP, 9),
        new Case(MessageFiller.Style.TYPICAL, MessageFiller.UnknownTags.NESTED, 10),
        new Case(MessageFiller.Style.RANDOM, MessageFiller.UnknownTags.NESTED, 11));

    private static final ObjectMapper JSON = new ObjectMapper();

    private RecordFixtures() {
    }

    public static void main(String[] args) throws Exception {
        Set<String> lines = new LinkedHashSet<>();
        Set<Short> notInSerde = new TreeSet<>();
        int types = 0;
        int layouts = 0;
        for (MessageTypes.RecordType type : MessageTypes.all()) {
            types++;
            for (short version = type.lowestValueVersion(); version <= type.highestValueVersion(); version++) {
                layouts++;
                for (Case c : CASES) {
                    boolean flexible = flexible(MessageTypes.schema(type.value(), version));
                    if (flexible || c.unknownTags() == MessageFiller.UnknownTags.NONE) {
                        lines.add(line(type, version, c, notInSerde));
                    }
                }
            }
            lines.add(tombstone(type, notInSerde));
        }
        write(Path.of(args[0]), lines);
        write(Path.of(args[1]), ProtocolBlobs.lines());
        System.out.println(types + " record types, " + layouts + " value layouts, " + lines.size() + " records"
            + (notInSerde.isEmpty() ? "" : "; classes only, not in this release's serde: types " + notInSerde));
    }

    private static String line(MessageTypes.RecordType type, short version, Case c, Set<Short> notInSerde) throws Exception {
        int salt = 31 * type.number() + version;
        ApiMessage value = MessageTypes.newInstance(type.value());
        c.filler(salt).fill(value, MessageTypes.schema(type.value(), version));
        return line(type, key(type, c, salt), value, version, c.unknownTags() != MessageFiller.UnknownTags.NONE, notInSerde);
    }

    private static String tombstone(MessageTypes.RecordType type, Set<Short> notInSerde) throws Exception {
        Case typical = new Case(MessageFiller.Style.TYPICAL, MessageFiller.UnknownTags.NONE, CASES.size());
        return line(type, key(type, typical, type.number()), null, (short) 0, false, notInSerde);
    }

    private static ApiMessage key(MessageTypes.RecordType type, Case c, int salt) {
        ApiMessage key = MessageTypes.newInstance(type.key());
        c.filler(salt).fill(key, MessageTypes.schema(type.key(), type.keyVersion()));
        return key;
    }

    private static String line(MessageTypes.RecordType type, ApiMessage key, ApiMessage value, short version, boolean mayHaveTags,
                               Set<Short> notInSerde) throws Exception {
        byte[] keyBytes = RecordBytes.prefixed(type.number(), key, type.keyVersion());
        byte[] valueBytes = value == null ? null : RecordBytes.prefixed(version, value, version);
        if (!RecordBytes.confirm(keyBytes, valueBytes, key, value)) {
            notInSerde.add(type.number());
        }
        ObjectNode line = JSON.createObjectNode();
        line.put("key", RecordBytes.hex(keyBytes));
        line.put("value", valueBytes == null ? null : RecordBytes.hex(valueBytes));
        line.putObject("key_json").put("type", type.number()).set("data", MessageTypes.json(key, type.keyVersion()));
        if (value == null) {
            line.putNull("value_json");
        } else {
            line.putObject("value_json").put("version", version).set("data", MessageTypes.json(value, version));
        }
        line.put("unknown_tags", mayHaveTags && UnknownTags.in(value));
        return JSON.writeValueAsString(line);
    }

    private static boolean flexible(Schema schema) {
        for (BoundField field : schema.fields()) {
            if (field.def.type instanceof TaggedFields) {
                return true;
            }
        }
        return false;
    }

    private static void write(Path file, Set<String> lines) throws Exception {
        List<String> text = new ArrayList<>(lines);
        Files.write(file, (String.join("\n", text) + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
