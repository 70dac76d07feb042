package lastwrites.kafka.records;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.jar.JarFile;

import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.coordinator.group.generated.OffsetCommitKey;

/**
 * Every record type of the Kafka release on the class path, found by listing the generated classes in its
 * kafka-group-coordinator jar: no list of ours can forget one.
 */
final class MessageTypes {
    /** One key type: its number on disk, the key class with its schema version, the value class. */
    record RecordType(short number, Class<? extends ApiMessage> key, short keyVersion, Class<? extends ApiMessage> value) {
        String name() {
            return key.getSimpleName().replaceFirst("Key$", "");
        }

        short lowestValueVersion() {
            return newInstance(value).lowestSupportedVersion();
        }

        short highestValueVersion() {
            return newInstance(value).highestSupportedVersion();
        }
    }

    private static final String PACKAGE = "org/apache/kafka/coordinator/group/generated/";

    private MessageTypes() {
    }

    /** All record types of this release by number. */
    static List<RecordType> all() throws IOException, ClassNotFoundException {
        List<RecordType> types = new ArrayList<>();
        URI jar = URI.create(OffsetCommitKey.class.getProtectionDomain().getCodeSource().getLocation().toString());
        try (JarFile file = new JarFile(Path.of(jar).toFile())) {
            for (String entry : file.stream().map(e -> e.getName()).sorted().toList()) {
                if (!entry.startsWith(PACKAGE) || !entry.endsWith("Key.class") || entry.contains("$")) {
                    continue;
                }
                String stem = entry.substring(0, entry.length() - "Key.class".length()).replace('/', '.');
                Class<? extends ApiMessage> key = Class.forName(stem + "Key").asSubclass(ApiMessage.class);
                Class<? extends ApiMessage> value = Class.forName(stem + "Value").asSubclass(ApiMessage.class);
                ApiMessage sample = newInstance(key);
                if (sample.apiKey() >= 0) {
                    // 4.1 and later: the type number is the "api key", the key schema has only version 0.
                    types.add(new RecordType(sample.apiKey(), key, (short) 0, value));
                } else {
                    // Up to 4.0 the type number is the key schema's version (OffsetCommitKey has two).
                    for (short v = sample.lowestSupportedVersion(); v <= sample.highestSupportedVersion(); v++) {
                        types.add(new RecordType(v, key, v, value));
                    }
                }
            }
        }
        types.sort(Comparator.comparingInt(RecordType::number));
        return types;
    }

    static <T> T newInstance(Class<T> type) {
        try {
            return type.getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("no public constructor without arguments in " + type, e);
        }
    }

    /** The schema Kafka generated for one version of a message class. */
    static Schema schema(Class<?> message, short version) {
        try {
            Schema[] schemas = (Schema[]) message.getField("SCHEMAS").get(null);
            return schemas[version];
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("no SCHEMAS in " + message, e);
        }
    }

    /** What Kafka's own JsonConverter makes of a message. */
    static com.fasterxml.jackson.databind.JsonNode json(ApiMessage message, short version) {
        try {
            Class<?> converter = Class.forName(message.getClass().getName() + "JsonConverter");
            return (com.fasterxml.jackson.databind.JsonNode) converter
                .getMethod("write", message.getClass(), short.class)
                .invoke(null, message, version);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException("JsonConverter refused " + message, e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("no JsonConverter for " + message.getClass(), e);
        }
    }
}
