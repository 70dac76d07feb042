package lastwrites.kafka.text;

import java.io.File;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.MessageFormatter;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.FileRecords;
import org.apache.kafka.common.record.Record;
import org.apache.kafka.common.record.RecordBatch;
import org.apache.kafka.common.record.TimestampType;

/**
 * What kafka-console-consumer prints of offsets partitions: Kafka's own formatter on the records that a consumer with its
 * default isolation level (read_uncommitted) is handed, which are all but control records.
 *
 * <p>usage: Console FORMATTER PARTITION_DIRECTORY...
 */
public final class Console {
    private Console() {}

    public static void main(String[] args) throws Exception {
        MessageFormatter formatter = (MessageFormatter) Class.forName(args[0]).getDeclaredConstructor().newInstance();
        formatter.configure(Map.of());
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        for (String directory : Arrays.asList(args).subList(1, args.length)) {
            int partition = Integer.parseInt(directory.substring(directory.lastIndexOf('-') + 1));
            File[] segments = new File(directory).listFiles((folder, name) -> name.endsWith(".log"));
            Arrays.sort(segments);
            for (File segment : segments) {
                print(formatter, segment, partition, out);
            }
        }
        out.flush();
    }

    private static void print(MessageFormatter formatter, File segment, int partition, PrintStream out) throws Exception {
        try (FileRecords records = FileRecords.open(segment, false)) {
            for (RecordBatch batch : records.batches()) {
                if (batch.isControlBatch()) {
                    continue;
                }
                for (Record record : batch) {
                    formatter.writeTo(consumed(record, partition), out);
                }
            }
        }
    }

    private static ConsumerRecord<byte[], byte[]> consumed(Record record, int partition) {
        return new ConsumerRecord<>("__consumer_offsets", partition, record.offset(), record.timestamp(), TimestampType.CREATE_TIME,
                record.keySize(), record.valueSize(), bytes(record.key()), bytes(record.value()), new RecordHeaders(), Optional.empty());
    }

    private static byte[] bytes(ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
