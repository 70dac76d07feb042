package lastwrites.kafka.records;

import java.lang.reflect.InvocationTargetException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;

import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

/**
 * Record bytes as the broker stores them, and the broker's own serde as the judge of them: what we assemble must come out
 * of that release's deserializer as the same messages, and its serializer must give the same bytes again.
 */
final class RecordBytes {
    private static final String[] SERDES = {
        "org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde", // 4.0 and later
        "org.apache.kafka.coordinator.group.CoordinatorRecordSerde", // 3.9
    };

    private RecordBytes() {
    }

    /** An int16 prefix (the record type of a key, the version of a value), then the message body. */
    static byte[] prefixed(short prefix, ApiMessage message, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer buffer = ByteBuffer.allocate(2 + message.size(cache, version));
        buffer.putShort(prefix);
        message.write(new ByteBufferAccessor(buffer), cache, version);
        return buffer.array();
    }

    /**
     * Asks the broker's serde about a record.
     *
     * @return false if this release has the message classes but its serde does not know the record type yet
     * @throws IllegalStateException if the serde reads another record or writes other bytes
     */
    static boolean confirm(byte[] key, byte[] value, ApiMessage keyMessage, ApiMessage valueMessage) {
        try {
            Object serde = MessageTypes.newInstance(serdeClass());
            Object record;
            try {
                record = method(serde.getClass(), "deserialize", 2)
                    .invoke(serde, ByteBuffer.wrap(key), value == null ? null : ByteBuffer.wrap(value));
            } catch (InvocationTargetException e) {
                if (e.getCause().getClass().getSimpleName().equals("UnknownRecordTypeException")) {
                    return false;
                }
                throw e;
            }
            same("key message", keyMessage, unversioned(record.getClass().getMethod("key").invoke(record)));
            same("value message", valueMessage, unversioned(record.getClass().getMethod("value").invoke(record)));
            sameBytes("key", key, (byte[]) method(serde.getClass(), "serializeKey", 1).invoke(serde, record));
            sameBytes("value", value, (byte[]) method(serde.getClass(), "serializeValue", 1).invoke(serde, record));
            return true;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the broker's serde refused " + hex(key) + " " + keyMessage + " = " + valueMessage, e);
        }
    }

    static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static Class<?> serdeClass() throws ClassNotFoundException {
        for (String name : SERDES) {
            try {
                return Class.forName(name);
            } catch (ClassNotFoundException e) {
                continue;
            }
        }
        throw new ClassNotFoundException(String.join(" or ", SERDES));
    }

    private static java.lang.reflect.Method method(Class<?> type, String name, int parameters) throws NoSuchMethodException {
        return Arrays.stream(type.getMethods())
            .filter(m -> m.getName().equals(name) && m.getParameterCount() == parameters && !m.isBridge())
            .findFirst()
            .orElseThrow(() -> new NoSuchMethodException(type + "." + name));
    }

    /** Values, and keys up to 4.0, come as ApiMessageAndVersion. */
    private static Object unversioned(Object message) throws ReflectiveOperationException {
        if (message == null || message instanceof ApiMessage) {
            return message;
        }
        return message.getClass().getMethod("message").invoke(message);
    }

    private static void same(String what, Object written, Object read) {
        if (!java.util.Objects.equals(written, read)) {
            throw new IllegalStateException("the broker's serde read another " + what + ": " + read + ", written " + written);
        }
    }

    private static void sameBytes(String what, byte[] written, byte[] again) {
        if (!Arrays.equals(written, again)) {
            throw new IllegalStateException("the broker's serde wrote another " + what + ": " + hex(again) + ", ours " + hex(written));
        }
    }
}
