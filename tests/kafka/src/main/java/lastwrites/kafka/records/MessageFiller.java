package lastwrites.kafka.records;

import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;

import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;

/**
 * Fills a generated Kafka message field by field, guided by the schema of one version, so that fields which that version
 * does not have keep their defaults (Kafka refuses to write them otherwise).
 */
final class MessageFiller {
    /** What the fields are filled with. */
    enum Style { DEFAULTS, NULLS, TYPICAL, LOWEST, HIGHEST, RANDOM }

    /** Which structs get tagged fields that no Kafka release knows. */
    enum UnknownTags { NONE, TOP, NESTED }

    private static final String[] STRINGS = {
        "", "orders", "group-\uD83E\uDD80", "checkout-\u0433\u0440\u0443\u043F\u043F\u0430", "\u0000\u0001\u001F\u007F", "\"quoted\\path\"\n\t",
        "\u65E5\u672C\u8A9E", "a b/c:d,e", "\uFFFD\uFEFF", "e\u0301\u00E9",
    };

    private final Style style;
    private final UnknownTags unknownTags;
    private final Random random;

    MessageFiller(Style style, UnknownTags unknownTags, long seed) {
        this.style = style;
        this.unknownTags = unknownTags;
        this.random = new Random(seed);
    }

    /** Fills `message` as far as `schema` reaches. */
    void fill(Message message, Schema schema) {
        fill(message, schema, 0);
    }

    private void fill(Message message, Schema schema, int depth) {
        boolean flexible = false;
        for (BoundField bound : schema.fields()) {
            if (bound.def.type instanceof TaggedFields tagged) {
                flexible = true;
                for (Field field : taggedFields(tagged)) {
                    // The random style leaves half of the tagged fields absent.
                    if (style != Style.RANDOM || random.nextBoolean()) {
                        set(message, field, depth);
                    }
                }
            } else {
                set(message, bound.def, depth);
            }
        }
        if (flexible && (unknownTags == UnknownTags.TOP && depth == 0 || unknownTags == UnknownTags.NESTED && depth > 0)) {
            message.unknownTaggedFields().addAll(unknown());
        }
    }

    /** The accessor of this field is younger than 3.9. */
    @SuppressWarnings("unchecked")
    private static Iterable<Field> taggedFields(TaggedFields section) {
        try {
            java.lang.reflect.Field fields = TaggedFields.class.getDeclaredField("fields");
            fields.setAccessible(true);
            return ((Map<Integer, Field>) fields.get(section)).values();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot list tagged fields", e);
        }
    }

    private void set(Message message, Field field, int depth) {
        Method setter = setter(message, field.name);
        if (style == Style.DEFAULTS) {
            return;
        }
        java.lang.reflect.Type parameter = setter.getGenericParameterTypes()[0];
        try {
            setter.invoke(message, value(field.name, field.type, parameter, depth));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot set " + field.name + " of " + message.getClass(), e);
        }
    }

    /** Schema names are snake_case, setters camelCase. */
    private static Method setter(Message message, String fieldName) {
        String wanted = "set" + fieldName.replace("_", "");
        for (Method method : message.getClass().getMethods()) {
            if (method.getName().equalsIgnoreCase(wanted) && method.getParameterCount() == 1) {
                return method;
            }
        }
        throw new IllegalStateException("no setter for " + fieldName + " in " + message.getClass());
    }

    private Object value(String name, Type type, java.lang.reflect.Type parameter, int depth) {
        if (type.isNullable() && (style == Style.NULLS || style == Style.RANDOM && random.nextInt(4) == 0)) {
            return null;
        }
        if (type.isArray()) {
            return array(name, type.arrayElementType().orElseThrow(), parameter, depth);
        }
        Class<?> raw = (Class<?>) parameter;
        if (raw == String.class) {
            return string(name);
        } else if (raw == byte[].class) {
            return bytes(name);
        } else if (raw == ByteBuffer.class) {
            return ByteBuffer.wrap(bytes(name));
        } else if (raw == Uuid.class) {
            return uuid();
        } else if (raw == boolean.class) {
            return pick(false, false, true, true, random.nextBoolean());
        } else if (raw == byte.class) {
            return pick((byte) 0, Byte.MIN_VALUE, (byte) 1, Byte.MAX_VALUE, (byte) random.nextInt());
        } else if (raw == short.class) {
            return pick((short) 0, Short.MIN_VALUE, (short) 3, Short.MAX_VALUE, (short) random.nextInt());
        } else if (raw == int.class && type == Type.UINT16) {
            return pick(0, 0, 9092, 65535, random.nextInt(65536));
        } else if (raw == int.class) {
            return pick(0, Integer.MIN_VALUE, 7, Integer.MAX_VALUE, random.nextInt());
        } else if (raw == long.class) {
            return pick(0L, Long.MIN_VALUE, 1_700_000_000_123L, Long.MAX_VALUE, random.nextLong());
        } else if (Message.class.isAssignableFrom(raw)) {
            return struct(raw, type, depth);
        }
        throw new IllegalStateException("no filler for the field " + name + " of type " + parameter);
    }

    private Object pick(Object empty, Object lowest, Object typical, Object highest, Object any) {
        return switch (style) {
            case DEFAULTS, NULLS -> empty;
            case LOWEST -> lowest;
            case TYPICAL -> typical;
            case HIGHEST -> highest;
            case RANDOM -> any;
        };
    }

    private Collection<Object> array(String name, Type element, java.lang.reflect.Type list, int depth) {
        java.lang.reflect.Type parameter;
        Collection<Object> values;
        if (list instanceof ParameterizedType generic) {
            parameter = generic.getActualTypeArguments()[0];
            values = new ArrayList<>();
        } else {
            // Arrays with a map key have a collection class of their own.
            Class<?> collection = (Class<?>) list;
            parameter = ((ParameterizedType) collection.getGenericSuperclass()).getActualTypeArguments()[0];
            values = newCollection(collection);
        }
        int count = switch (style) {
            case DEFAULTS, NULLS -> 0;
            case LOWEST -> 1;
            case TYPICAL, HIGHEST -> 2;
            case RANDOM -> random.nextInt(depth == 0 ? 4 : 3);
        };
        for (int i = 0; i < count; i++) {
            values.add(value(name, element, unboxed(parameter), depth));
        }
        return values;
    }

    @SuppressWarnings("unchecked")
    private static Collection<Object> newCollection(Class<?> type) {
        return (Collection<Object>) MessageTypes.newInstance(type);
    }

    private static java.lang.reflect.Type unboxed(java.lang.reflect.Type type) {
        if (type == Integer.class) {
            return int.class;
        } else if (type == Short.class) {
            return short.class;
        } else if (type == Long.class) {
            return long.class;
        }
        return type;
    }

    private Object struct(Class<?> type, Type schema, int depth) {
        Message message = (Message) MessageTypes.newInstance(type);
        fill(message, (Schema) schema, depth + 1);
        return message;
    }

    private String string(String name) {
        return switch (style) {
            case DEFAULTS, NULLS, LOWEST -> "";
            // The coordinator itself interprets member blobs only of this protocol type.
            case TYPICAL -> name.equals("protocol_type") ? "consumer" : name.replace('_', '-') + "-1";
            case HIGHEST -> "\uDBFF\uDFFF\uFFFF";
            // Now and then around the length at which a compact string's own length takes a second byte.
            case RANDOM -> random.nextInt(24) == 0
                ? "z".repeat(126 + random.nextInt(3)) : STRINGS[random.nextInt(STRINGS.length)];
        };
    }

    private byte[] bytes(String name) {
        switch (style) {
            case TYPICAL:
                if (name.equals("assignment")) {
                    return ProtocolBlobs.typicalAssignment();
                } else if (name.equals("subscription") || name.equals("metadata")) {
                    return ProtocolBlobs.typicalSubscription();
                }
                return "user data".getBytes(StandardCharsets.UTF_8);
            case HIGHEST:
                byte[] ones = new byte[5];
                Arrays.fill(ones, (byte) 0xFF);
                return ones;
            case RANDOM:
                byte[] any = new byte[random.nextInt(24)];
                random.nextBytes(any);
                return any;
            default:
                return new byte[0];
        }
    }

    private Uuid uuid() {
        return switch (style) {
            case DEFAULTS, NULLS -> Uuid.ZERO_UUID;
            case LOWEST -> new Uuid(Long.MIN_VALUE, Long.MIN_VALUE);
            case TYPICAL -> new Uuid(0x0123456789ABCDEFL, 0x0FEDCBA987654321L);
            case HIGHEST -> new Uuid(-1L, -1L);
            case RANDOM -> new Uuid(random.nextLong(), random.nextLong());
        };
    }

    /** Two fields that no release defines: one without a payload, one whose number takes all five varint bytes. */
    private List<RawTaggedField> unknown() {
        byte[] payload = new byte[1 + random.nextInt(8)];
        random.nextBytes(payload);
        int second = random.nextBoolean() ? 200 + random.nextInt(1000) : Integer.MAX_VALUE - 1;
        return List.of(new RawTaggedField(100, new byte[0]), new RawTaggedField(second, payload));
    }
}
