package lastwrites.kafka.records;

import java.lang.reflect.Method;
import java.util.List;

import org.apache.kafka.common.protocol.Message;

/** Looks for unknown tagged fields in a message and in every struct inside it. */
final class UnknownTags {
    private UnknownTags() {
    }

    static boolean in(Message message) throws ReflectiveOperationException {
        if (!message.unknownTaggedFields().isEmpty()) {
            return true;
        }
        for (Method getter : message.getClass().getMethods()) {
            if (getter.getParameterCount() > 0 || getter.isBridge()) {
                continue;
            }
            if (Message.class.isAssignableFrom(getter.getReturnType()) && !getter.getName().equals("duplicate")) {
                Message struct = (Message) getter.invoke(message);
                if (struct != null && in(struct)) {
                    return true;
                }
            } else if (List.class.isAssignableFrom(getter.getReturnType()) && !getter.getName().equals("unknownTaggedFields")) {
                List<?> list = (List<?>) getter.invoke(message);
                for (Object element : list == null ? List.of() : list) {
                    if (element instanceof Message struct && in(struct)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }
}
