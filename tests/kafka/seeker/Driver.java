import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;

/**
 * Puts a real cluster into the states the seeker has to recognise, with Kafka's own clients, and reads the outcome back with them.
 *
 * Reads one command a line, answers one line: "ok ..." or "err ...". Uses only classes that 2.8 has; newer ones by reflection.
 */
public final class Driver {
    static final Map<String, Runnable> stops = new ConcurrentHashMap<>();
    static Properties base;

    public static void main(String[] args) throws Exception {
        base = new Properties();
        try (var in = new java.io.FileInputStream(args[0])) { base.load(in); }
        try (Admin admin = Admin.create(base); var in = new BufferedReader(new InputStreamReader(System.in))) {
            for (String line; (line = in.readLine()) != null; ) {
                String answer;
                try {
                    String[] words = line.split(" ", -1);
                    answer = "ok " + run(admin, words[0], Arrays.copyOfRange(words, 1, words.length));
                } catch (Throwable e) {
                    Throwable cause = e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
                    answer = "err " + String.valueOf(cause).replace('\n', ' ');
                }
                System.out.println(answer);
                System.out.flush();
            }
        }
        Runtime.getRuntime().halt(0);
    }

    static String committed(Admin admin, String group) throws Exception {
        var found = new TreeMap<String, String>();
        admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().forEach((p, o) -> {
            if (o != null) found.put(p.toString(), o.offset() + "," + o.leaderEpoch().map(String::valueOf).orElse("-1") + "," + o.metadata());
        });
        return found.toString();
    }

    static String run(Admin admin, String command, String[] a) throws Exception {
        switch (command) {
            case "topic":
                admin.createTopics(List.of(new NewTopic(a[0], Integer.parseInt(a[1]), a.length > 2 ? Short.parseShort(a[2]) : 1))).all().get();
                return "";
            case "topicon": { // topicon TOPIC REPLICAS...: one list of brokers a partition; may lose records in an election
                var replicas = new HashMap<Integer, List<Integer>>();
                for (int i = 1; i < a.length; i++)
                    replicas.put(i - 1, Arrays.stream(a[i].split(",")).map(Integer::valueOf).collect(java.util.stream.Collectors.toList()));
                admin.createTopics(List.of(new NewTopic(a[0], replicas).configs(Map.of("unclean.leader.election.enable", "true")))).all().get();
                return "";
            }
            case "leader": {
                var leader = topic(admin, a[0]).partitions().get(0).leader();
                return leader == null || leader.id() < 0 ? "none" : String.valueOf(leader.id());
            }
            case "lead": { // lead TOPIC PARTITION BROKERS: the first of them leads from now on
                var there = Map.of(tp(a[0], a[1]), Optional.of(new NewPartitionReassignment(
                    Arrays.stream(a[2].split(",")).map(Integer::valueOf).collect(java.util.stream.Collectors.toList()))));
                admin.alterPartitionReassignments(there).all().get();
                while (!admin.listPartitionReassignments(there.keySet()).reassignments().get().isEmpty()) Thread.sleep(50);
                try { admin.electLeaders(org.apache.kafka.common.ElectionType.PREFERRED, there.keySet()).all().get(); }
                catch (ExecutionException e) { if (!(e.getCause() instanceof org.apache.kafka.common.errors.ElectionNotNeededException)) throw e; }
                while (topic(admin, a[0]).partitions().get(Integer.parseInt(a[1])).leader().id() != Integer.parseInt(a[2].split(",")[0])) Thread.sleep(50);
                return "";
            }
            case "ends": { // ends TOPIC: the high watermark of each partition as its leader tells, `0` for those that nobody wrote to
                var asked = new HashMap<TopicPartition, OffsetSpec>();
                for (var p : topic(admin, a[0]).partitions()) asked.put(new TopicPartition(a[0], p.partition()), OffsetSpec.latest());
                var ends = new TreeMap<Integer, String>();
                admin.listOffsets(asked).all().get().forEach((p, end) -> ends.put(p.partition(), String.valueOf(end.offset())));
                return String.join(" ", ends.values());
            }
            case "isr": // isr TOPIC PARTITION
                return topic(admin, a[0]).partitions().get(Integer.parseInt(a[1])).isr().stream().map(n -> String.valueOf(n.id())).collect(java.util.stream.Collectors.joining(","));
            case "insync": { // in-sync replicas of each partition
                var counts = new ArrayList<String>();
                for (var p : topic(admin, a[0]).partitions()) counts.add(String.valueOf(p.isr().size()));
                return String.join(" ", counts);
            }
            case "raise": { // raise TOPIC MOVES: the leader of each partition moves so often between brokers 1 and 2, and its leader epoch rises as often at least
                int count = topic(admin, a[0]).partitions().size();
                for (int move = 0; move < Integer.parseInt(a[1]); move++) {
                    var there = new HashMap<TopicPartition, Optional<NewPartitionReassignment>>();
                    int broker = 1 + (move % 2);
                    for (int p = 0; p < count; p++) there.put(new TopicPartition(a[0], p), Optional.of(new NewPartitionReassignment(List.of(broker))));
                    admin.alterPartitionReassignments(there).all().get();
                    while (!admin.listPartitionReassignments(there.keySet()).reassignments().get().isEmpty()
                        || topic(admin, a[0]).partitions().stream().anyMatch(p -> p.leader() == null || p.leader().id() != broker)) Thread.sleep(100);
                }
                return "";
            }
            case "drop":
                admin.deleteTopics(List.of(a[0])).all().get();
                return "";
            case "cut":
                admin.deleteRecords(Map.of(tp(a[0], a[1]), RecordsToDelete.beforeOffset(Long.parseLong(a[2])))).all().get();
                return "";
            case "produce":
                return produce(a[0], Integer.parseInt(a[1]), Integer.parseInt(a[2]));
            case "commit": {
                Optional<Integer> epoch = a[4].equals("-") ? Optional.empty() : Optional.of(Integer.parseInt(a[4]));
                var value = new OffsetAndMetadata(Long.parseLong(a[3]), epoch, a[5]);
                for (long deadline = System.currentTimeMillis() + 30_000; ; Thread.sleep(50)) {
                    try {
                        admin.alterConsumerGroupOffsets(a[0], Map.of(tp(a[1], a[2]), value)).all().get();
                        return "";
                    } catch (ExecutionException e) {
                        // A topic that was just made: the coordinator's broker may not know it yet.
                        boolean unknown = e.getCause() instanceof org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
                        if (!unknown || System.currentTimeMillis() > deadline) throw e;
                    }
                }
            }
            case "forget": // forget GROUP [TOPIC PARTITION]: deletes the group, or one of its offsets
                if (a.length == 1) admin.deleteConsumerGroups(List.of(a[0])).all().get();
                else admin.deleteConsumerGroupOffsets(a[0], java.util.Set.of(tp(a[1], a[2]))).all().get();
                return "";
            case "groups":
                return admin.listConsumerGroups().all().get().stream().map(g -> g.groupId()).sorted().collect(java.util.stream.Collectors.joining(" "));
            case "coordinator":
                return String.valueOf(admin.describeConsumerGroups(List.of(a[0])).all().get().get(a[0]).coordinator().id());
            case "committed":
                return committed(admin, a[0]);
            case "committed64": // the group id as base64 of its UTF-8: any name
                return committed(admin, new String(Base64.getDecoder().decode(a[0]), java.nio.charset.StandardCharsets.UTF_8));
            case "consumer": {
                Properties p = consumerConfig(a[1]);
                if (!a[2].equals("classic")) p.put("group.protocol", a[2]);
                if (a.length > 4) p.put("group.instance.id", a[4]);
                return background(a[0], new KafkaConsumer<byte[], byte[]>(p), a[3]);
            }
            case "worker": // worker NAME GROUP PROTOCOL RECORDS TOPIC...: reads, and commits after every so many records at most; a protocol as in drain
                return worker(a[0], a[1], a[2], a[3], List.of(a).subList(4, a.length));
            case "acked": { // acked NAME: what it read and had acknowledged of each partition, `read first..last/count, acked offset, tried offset`
                return workers.get(a[0]).told();
            }
            case "halt": // halt NAME: no commit of its own and no goodbye from now on
                workers.get(a[0]).halt();
                return workers.get(a[0]).told();
            case "share": {
                Class<?> type = Class.forName("org.apache.kafka.clients.consumer.KafkaShareConsumer");
                Properties p = consumerConfig(a[1]);
                p.keySet().removeAll(List.of("enable.auto.commit", "auto.offset.reset"));
                Object share = type.getConstructor(Properties.class).newInstance(p);
                type.getMethod("subscribe", Collection.class).invoke(share, List.of(a[2]));
                boolean[] stop = {false};
                Thread thread = new Thread(() -> {
                    try {
                        while (!stop[0]) type.getMethod("poll", Duration.class).invoke(share, Duration.ofMillis(100));
                        type.getMethod("close").invoke(share);
                    } catch (ReflectiveOperationException e) { throw new IllegalStateException(e); }
                });
                thread.start();
                stops.put(a[0], () -> { stop[0] = true; join(thread); });
                Thread.sleep(3000);
                return "";
            }
            case "streams": { // streams NAME APPLICATION IN OUT PROTOCOL STATEFUL FOLDER
                Object stop = Class.forName("Streams").getMethod("start", Properties.class, String.class, String.class, String.class, String.class, boolean.class, String.class)
                    .invoke(null, base, a[1], a[2], a[3], a[4], Boolean.parseBoolean(a[5]), a[6]);
                stops.put(a[0], (Runnable) stop);
                return "";
            }
            case "assign": { // a consumer that joins nothing and commits: assign GROUP TOPIC PARTITION OFFSET
                try (var consumer = new KafkaConsumer<byte[], byte[]>(consumerConfig(a[0]))) {
                    consumer.assign(List.of(tp(a[1], a[2])));
                    consumer.commitSync(Map.of(tp(a[1], a[2]), new OffsetAndMetadata(Long.parseLong(a[3]))));
                }
                return "";
            }
            case "attach": { // attach NAME GROUP TOPIC PARTITION OFFSET: the same, and it stays
                var consumer = new KafkaConsumer<byte[], byte[]>(consumerConfig(a[1]));
                stops.put(a[0], consumer::close);
                consumer.assign(List.of(tp(a[2], a[3])));
                consumer.commitSync(Map.of(tp(a[2], a[3]), new OffsetAndMetadata(Long.parseLong(a[4]))));
                attached.put(a[0], consumer);
                return "";
            }
            case "send": { // send NAME OFFSET: it commits once more, and nobody waits for the answer
                var consumer = attached.get(a[0]);
                consumer.commitAsync(Map.of(consumer.assignment().iterator().next(), new OffsetAndMetadata(Long.parseLong(a[1]))), null);
                for (int i = 0; i < 5; i++) consumer.poll(Duration.ofMillis(100));
                return "";
            }
            case "config": // config TOPIC NAME [VALUE]: of a topic; without a value the default
            case "brokerconfig": { // brokerconfig BROKER NAME [VALUE]: of a running broker
                var op = new AlterConfigOp(new ConfigEntry(a[1], a.length > 2 ? a[2] : ""), a.length > 2 ? AlterConfigOp.OpType.SET : AlterConfigOp.OpType.DELETE);
                var resource = new org.apache.kafka.common.config.ConfigResource(command.equals("config")
                    ? org.apache.kafka.common.config.ConfigResource.Type.TOPIC : org.apache.kafka.common.config.ConfigResource.Type.BROKER, a[0]);
                admin.incrementalAlterConfigs(Map.of(resource, List.of(op))).all().get();
                return "";
            }
            case "remove": // a static member: remove GROUP INSTANCE
                admin.removeMembersFromConsumerGroup(a[0], new RemoveMembersFromConsumerGroupOptions(List.of(new MemberToRemove(a[1])))).all().get();
                return "";
            case "properties": { // a properties file as Java reads it, as JSON
                var read = new Properties();
                try (var in = new java.io.FileInputStream(a[0])) { read.load(in); }
                return new com.fasterxml.jackson.databind.ObjectMapper().writeValueAsString(read);
            }
            case "bytesout": { // bytesout PROCESS TOPIC: bytes of the topic's records that this broker has sent to clients, by its own count; replication is another
                String address = com.sun.tools.attach.VirtualMachine.attach(a[0]).startLocalManagementAgent();
                var name = new javax.management.ObjectName("kafka.server:type=BrokerTopicMetrics,name=BytesOutPerSec,topic=" + a[1]);
                try (var jmx = javax.management.remote.JMXConnectorFactory.connect(new javax.management.remote.JMXServiceURL(address))) {
                    var beans = jmx.getMBeanServerConnection();
                    return beans.isRegistered(name) ? beans.getAttribute(name, "Count").toString() : "0";
                }
            }
            case "stop":
                stops.remove(a[0]).run();
                return "";
            case "txn": {
                Properties p = producerConfig();
                p.put("transactional.id", a[0]);
                var producer = new KafkaProducer<byte[], byte[]>(p);
                producer.initTransactions();
                producer.beginTransaction();
                producer.sendOffsetsToTransaction(Map.of(tp(a[2], a[3]), new OffsetAndMetadata(Long.parseLong(a[4]))), new ConsumerGroupMetadata(a[1]));
                stops.put(a[0], () -> { producer.abortTransaction(); producer.close(); });
                return "";
            }
            case "read": { // the offset of the first record a fresh member of the group gets
                Properties p = consumerConfig(a[0]);
                p.put("auto.offset.reset", "none");
                try (var consumer = new KafkaConsumer<byte[], byte[]>(p)) {
                    consumer.subscribe(List.of(a[1]));
                    long until = System.currentTimeMillis() + 15000;
                    var first = new TreeMap<String, Long>();
                    while (System.currentTimeMillis() < until && first.isEmpty())
                        for (var r : consumer.poll(Duration.ofMillis(200))) first.putIfAbsent(r.topic() + "-" + r.partition(), r.offset());
                    return first.toString();
                }
            }
            case "drain": // drain GROUP PROTOCOL SECONDS TOPIC...: `classic:earliest` starts there without a commit, `classic` fails
                return drain(a[0], a[1], Integer.parseInt(a[2]), List.of(a).subList(3, a.length));
            case "acl": {
                // acl USER group|topic NAME OP...
                var kind = a[1].equals("group") ? org.apache.kafka.common.resource.ResourceType.GROUP : org.apache.kafka.common.resource.ResourceType.TOPIC;
                var pattern = new org.apache.kafka.common.resource.ResourcePattern(kind, a[2], org.apache.kafka.common.resource.PatternType.LITERAL);
                var acls = new ArrayList<org.apache.kafka.common.acl.AclBinding>();
                for (int i = 3; i < a.length; i++)
                    acls.add(new org.apache.kafka.common.acl.AclBinding(pattern, new org.apache.kafka.common.acl.AccessControlEntry("User:" + a[0], "*",
                        org.apache.kafka.common.acl.AclOperation.fromString(a[i]), org.apache.kafka.common.acl.AclPermissionType.ALLOW)));
                admin.createAcls(acls).all().get();
                return "";
            }
            case "quota": { // quota CLIENT BYTES: how fast a client may fetch; below zero: as it likes
                var entity = new org.apache.kafka.common.quota.ClientQuotaEntity(Map.of(org.apache.kafka.common.quota.ClientQuotaEntity.CLIENT_ID, a[0]));
                Double rate = Double.parseDouble(a[1]) < 0 ? null : Double.valueOf(a[1]);
                var op = new org.apache.kafka.common.quota.ClientQuotaAlteration.Op("consumer_byte_rate", rate);
                admin.alterClientQuotas(List.of(new org.apache.kafka.common.quota.ClientQuotaAlteration(entity, List.of(op)))).all().get();
                return "";
            }
            case "scram": {
                var mechanism = ScramMechanism.fromMechanismName(a[2]);
                admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(a[0], new ScramCredentialInfo(mechanism, 4096), a[1]))).all().get();
                return "";
            }
            case "describe": {
                var topics = topic(admin, a[0]);
                String id;
                try { id = String.valueOf(topics.getClass().getMethod("topicId").invoke(topics)); } catch (NoSuchMethodException e) { id = "-"; }
                return id + " " + topics.partitions().size();
            }
            case "cluster":
                return admin.describeCluster().clusterId().get();
            case "bulk": { // many groups at once would take minutes one by one: only topics are made here
                admin.createTopics(List.of(new NewTopic(a[0], Integer.parseInt(a[1]), (short) 1))).all().get();
                try (var producer = new KafkaProducer<byte[], byte[]>(producerConfig())) {
                    for (int p = 0; p < Integer.parseInt(a[1]); p++)
                        for (int i = 0; i < Integer.parseInt(a[2]); i++) producer.send(new ProducerRecord<>(a[0], p, null, new byte[8]));
                }
                return "";
            }
            default:
                throw new IllegalArgumentException(command);
        }
    }

    static TopicDescription topic(Admin admin, String name) throws Exception {
        DescribeTopicsResult result = admin.describeTopics(List.of(name));
        Object all;
        try { all = result.getClass().getMethod("allTopicNames").invoke(result); }
        catch (NoSuchMethodException e) { all = result.getClass().getMethod("all").invoke(result); }
        return (TopicDescription) ((Map<?, ?>) ((org.apache.kafka.common.KafkaFuture<?>) all).get()).get(name);
    }

    static String produce(String topic, int partition, int count) throws Exception {
        try (var producer = new KafkaProducer<byte[], byte[]>(producerConfig())) {
            RecordMetadata last = null;
            for (int i = 0; i < count; i++) last = producer.send(new ProducerRecord<>(topic, partition, null, new byte[8])).get();
            return last == null ? "" : String.valueOf(last.offset());
        }
    }

    /**
     * What a new member of the group reads until it has every partition and nothing comes for five seconds, a partition `first..last/count`; nothing if it never
     * gets an assignment. Members that a group still has in its log keep their share until their session is over.
     */
    static String drain(String group, String protocol, int seconds, List<String> topics) throws Exception {
        Properties p = protocol(consumerConfig(group), protocol.contains(":") ? protocol : protocol + ":none");
        var read = new TreeMap<String, long[]>();
        try (var consumer = new KafkaConsumer<byte[], byte[]>(p)) {
            int all = 0;
            for (String topic : topics) all += consumer.partitionsFor(topic).size();
            consumer.subscribe(topics);
            long end = System.currentTimeMillis() + seconds * 1000L, quiet = end;
            while (System.currentTimeMillis() < end && (System.currentTimeMillis() < quiet || consumer.assignment().size() < all))
                for (var r : consumer.poll(Duration.ofMillis(200))) {
                    var seen = read.computeIfAbsent(r.topic() + "-" + r.partition(), k -> new long[] {r.offset(), 0, 0});
                    if (seen[2] > 0 && r.offset() != seen[1] + 1) throw new IllegalStateException(r.offset() + " after " + seen[1]);
                    seen[1] = r.offset();
                    seen[2]++;
                    quiet = System.currentTimeMillis() + 5000;
                }
            if (read.isEmpty() && consumer.assignment().isEmpty()) return "";
        }
        var said = new ArrayList<String>();
        read.forEach((partition, seen) -> said.add(partition + "=" + seen[0] + ".." + seen[1] + "/" + seen[2]));
        return String.join(" ", said);
    }

    static String background(String name, KafkaConsumer<byte[], byte[]> consumer, String topic) throws Exception {
        consumer.subscribe(List.of(topic));
        boolean[] stop = {false};
        var assigned = new CountDownLatch(1);
        Thread thread = new Thread(() -> {
            while (!stop[0]) {
                consumer.poll(Duration.ofMillis(100));
                if (!consumer.assignment().isEmpty()) assigned.countDown();
            }
            consumer.close();
        });
        thread.start();
        stops.put(name, () -> { stop[0] = true; join(thread); });
        if (!assigned.await(30, TimeUnit.SECONDS)) throw new TimeoutException("no assignment");
        return "";
    }

    static final Map<String, KafkaConsumer<byte[], byte[]>> attached = new ConcurrentHashMap<>();
    static final Map<String, Worker> workers = new ConcurrentHashMap<>();

    static String worker(String name, String group, String protocol, String records, List<String> topics) throws Exception {
        Properties p = protocol(consumerConfig(group), protocol);
        p.put("max.poll.records", records);
        // One batch at a time, so that partitions take turns.
        p.put("max.partition.fetch.bytes", "1000");
        p.put("fetch.max.bytes", "1000");
        var worker = new Worker(new KafkaConsumer<byte[], byte[]>(p), topics);
        workers.put(name, worker);
        worker.start();
        // At the end there is nothing to acknowledge yet.
        if (!(protocol.endsWith(":latest") ? worker.placed : worker.began).await(30, TimeUnit.SECONDS)) throw new TimeoutException("nothing acknowledged");
        return "";
    }

    /** A consumer at work. What its broker acknowledged it knows from commitSync alone. */
    static final class Worker extends Thread {
        final KafkaConsumer<byte[], byte[]> consumer;
        final List<String> topics;
        /** First and last record read, how many, the offset acknowledged last, the one sent last. */
        final Map<String, long[]> seen = new TreeMap<>();
        final CountDownLatch began = new CountDownLatch(1);
        /** It has partitions, and knows where it starts in each of them. */
        final CountDownLatch placed = new CountDownLatch(1);
        volatile boolean halted;

        Worker(KafkaConsumer<byte[], byte[]> consumer, List<String> topics) { this.consumer = consumer; this.topics = topics; }

        @Override public void run() {
            consumer.subscribe(topics);
            try {
                while (!halted) {
                    var next = new HashMap<TopicPartition, OffsetAndMetadata>();
                    var records = consumer.poll(Duration.ofMillis(100));
                    if (placed.getCount() > 0 && !consumer.assignment().isEmpty()) {
                        for (var p : consumer.assignment()) consumer.position(p);
                        placed.countDown();
                    }
                    for (var r : records) {
                        long[] of = of(r.topic() + "-" + r.partition(), r.offset());
                        if (of[2] > 0 && r.offset() != of[1] + 1) throw new IllegalStateException(r.offset() + " after " + of[1]);
                        of[1] = r.offset();
                        of[2]++;
                        next.put(new TopicPartition(r.topic(), r.partition()), new OffsetAndMetadata(r.offset() + 1));
                    }
                    if (next.isEmpty() || halted) continue;
                    synchronized (this) { next.forEach((p, o) -> seen.get(p.toString())[4] = o.offset()); }
                    consumer.commitSync(next);
                    synchronized (this) { next.forEach((p, o) -> seen.get(p.toString())[3] = o.offset()); }
                    began.countDown();
                }
            } catch (org.apache.kafka.common.errors.WakeupException e) {
                // halt says so
            } finally {
                consumer.close(Duration.ZERO);
            }
        }

        synchronized long[] of(String partition, long first) { return seen.computeIfAbsent(partition, k -> new long[] {first, 0, 0, -1, -1}); }

        void halt() throws InterruptedException {
            halted = true;
            consumer.wakeup();
            join(20000);
        }

        synchronized String told() {
            var said = new ArrayList<String>();
            seen.forEach((p, of) -> said.add(p + "=" + of[0] + ".." + of[1] + "/" + of[2] + "/" + of[3] + "/" + of[4]));
            return String.join(" ", said);
        }
    }

    static void join(Thread thread) {
        try { thread.join(20000); } catch (InterruptedException e) { throw new IllegalStateException(e); }
    }

    static TopicPartition tp(String topic, String partition) { return new TopicPartition(topic, Integer.parseInt(partition)); }

    /** `classic` or another protocol, with `:earliest` and the like where to start without a commit. */
    static Properties protocol(Properties p, String protocol) {
        String[] words = protocol.split(":");
        if (!words[0].equals("classic")) p.put("group.protocol", words[0]);
        if (words.length > 1) p.put("auto.offset.reset", words[1]);
        return p;
    }

    static Properties consumerConfig(String group) {
        Properties p = new Properties();
        p.putAll(base);
        p.put("group.id", group);
        p.put("enable.auto.commit", "false");
        p.put("auto.offset.reset", "earliest");
        p.put("key.deserializer", ByteArrayDeserializer.class.getName());
        p.put("value.deserializer", ByteArrayDeserializer.class.getName());
        return p;
    }

    static Properties producerConfig() {
        Properties p = new Properties();
        p.putAll(base);
        p.put("key.serializer", ByteArraySerializer.class.getName());
        p.put("value.serializer", ByteArraySerializer.class.getName());
        return p;
    }
}
