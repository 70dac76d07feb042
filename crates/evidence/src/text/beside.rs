//! Lines that stand beside the records: what a tool, its Java or kubectl said on stderr, kept with `2>&1`.

/// Starts of such lines.
const STARTS: [&str; 8] = [
    "Picked up JAVA_TOOL_OPTIONS: ",
    "Picked up _JAVA_OPTIONS: ",
    "SLF4J: ",
    "SLF4J(",
    "log4j:WARN ",
    "DEPRECATED: ",
    "Defaulted container ",
    "Unable to use a TTY ",
];

/// True for a line that holds no record, so that none is lost with it.
pub(super) fn is_beside(line: &str) -> bool {
    // An interrupted terminal's own mark.
    let line = line.strip_prefix("^C").unwrap_or(line).trim_end();
    STARTS.iter().any(|start| line.starts_with(start))
        || line.contains(" VM warning: ")
        || is_count(line)
        || is_log_line(line)
}

/// `Processed a total of 63 messages`, a console consumer's last line.
fn is_count(line: &str) -> bool {
    let count = line.strip_prefix("Processed a total of ").and_then(|line| line.strip_suffix(" messages"));
    count.is_some_and(|count| !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `[2026-11-28 07:00:00,123] WARN ...`, the form of Kafka's tools-log4j. An error may be about a record, and a consumer that
/// is out of range skips some: these are not beside the records.
fn is_log_line(line: &str) -> bool {
    const TIME: &str = "dddd-dd-dd dd:dd:dd,ddd";
    let Some((time, said)) = line.strip_prefix('[').and_then(|line| line.split_once("] ")) else {
        return false;
    };
    let is_time = time.len() == TIME.len()
        && time.bytes().zip(TIME.bytes()).all(|(byte, form)| match form {
            b'd' => byte.is_ascii_digit(),
            form => byte == form,
        });
    is_time && (said.starts_with("WARN ") || said.starts_with("INFO ")) && !said.contains("out of range")
}

#[cfg(test)]
mod tests {
    use super::is_beside;

    #[test]
    fn what_may_be_about_records_is_not_beside_them() {
        for line in [
            "Processed a total of 63 messages\n",
            "^CProcessed a total of 63 messages\r\n",
            "Picked up JAVA_TOOL_OPTIONS: -Xmx1g",
            "[2026-11-28 07:00:00,123] WARN [Consumer clientId=c] Connection could not be established (NetworkClient)",
            "OpenJDK 64-Bit Server VM warning: Options -Xverify:none were deprecated",
        ] {
            assert!(is_beside(line), "{line}");
        }
        for line in [
            "[g,t,0]::NULL",
            "[2026-11-28 07:00:00,123] ERROR Error processing message, terminating consumer process",
            "[2026-11-28 07:00:00,123] INFO Fetch position is out of range for partition, resetting offset",
            "[2026-11-28 07:00:00] WARN ,t,0]::NULL",
            "Processed a total of messages",
        ] {
            assert!(!is_beside(line), "{line}");
        }
    }
}
