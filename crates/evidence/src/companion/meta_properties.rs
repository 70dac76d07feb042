//! `meta.properties`: which broker of which cluster a log dir belongs to.

use java_properties::PropertiesIter;

use super::error::CompanionError;

/// `meta.properties` (Kafka's `MetaProperties`), version 0 (ZooKeeper era) or 1 (KRaft).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MetaProperties {
    /// 0 or 1.
    pub version: i32,
    /// `node.id` of version 1, `broker.id` of version 0 (either, when the file has the other's).
    pub node_id: Option<i32>,
    /// `cluster.id`.
    pub cluster_id: Option<String>,
    /// `directory.id` (KIP-858), which tells the log dirs of one broker apart.
    pub directory_id: Option<String>,
}

/// Reads a `meta.properties` file, a Java properties file.
///
/// # Errors
/// When it is no properties file, its version is neither 0 nor 1, or an id is no number.
pub fn parse_meta_properties(bytes: &[u8]) -> Result<MetaProperties, CompanionError> {
    // No broker writes a byte order mark, and the parser below panics on a broken one.
    if bytes.first().is_some_and(|first| !first.is_ascii()) {
        return Err(CompanionError::new(
            0,
            "a Java properties file",
            "a byte that no broker writes there".to_owned(),
        ));
    }
    let mut version = None;
    let mut node_id = None;
    let mut broker_id = None;
    let mut meta = MetaProperties::default();
    PropertiesIter::new(bytes)
        .read_into(|key, value| match key.as_str() {
            "version" => version = Some(value),
            "node.id" => node_id = Some(value),
            "broker.id" => broker_id = Some(value),
            "cluster.id" => meta.cluster_id = Some(value),
            "directory.id" => meta.directory_id = Some(value),
            _ => {}
        })
        .map_err(|error| {
            let position = error.line_number().map_or(0, |line| line_position(bytes, line));
            CompanionError::new(
                position,
                "a Java properties file",
                format!("one that can't be read ({error})"),
            )
        })?;
    let version = integer(bytes, "version", version)?;
    meta.version = match version {
        Some(version @ (0 | 1)) => version,
        Some(other) => {
            return Err(CompanionError::new(key_position(bytes, "version"), "version=0 or version=1", other));
        }
        None => return Err(CompanionError::new(0, "a line version=0 or version=1", "none")),
    };
    let node_id = integer(bytes, "node.id", node_id)?;
    let broker_id = integer(bytes, "broker.id", broker_id)?;
    meta.node_id = if meta.version == 1 { node_id.or(broker_id) } else { broker_id.or(node_id) };
    Ok(meta)
}

fn integer(bytes: &[u8], key: &'static str, value: Option<String>) -> Result<Option<i32>, CompanionError> {
    let Some(value) = value else { return Ok(None) };
    match value.trim().parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => {
            let expected = format!("a number for {key}");
            Err(CompanionError::quoting(key_position(bytes, key), expected, value.as_bytes()))
        }
    }
}

/// Where a line (1-based) starts.
fn line_position(bytes: &[u8], line: usize) -> u64 {
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    match line.checked_sub(2) {
        Some(before) => ends.map(|(at, _)| at as u64 + 1).nth(before).unwrap_or(bytes.len() as u64),
        None => 0,
    }
}

/// Where a key is written, for error messages only: the first line that starts with it.
fn key_position(bytes: &[u8], key: &str) -> u64 {
    let lines = super::text::Lines::new(bytes);
    lines.into_iter().find(|(_, line)| line.starts_with(key.as_bytes())).map_or(0, |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_versions_and_both_line_ends() {
        let zk = parse_meta_properties(b"#\n#Sat Jan 01\nbroker.id=5\ncluster.id=abc\nversion=0\n").unwrap();
        assert_eq!((zk.version, zk.node_id, zk.cluster_id.as_deref()), (0, Some(5), Some("abc")));
        let kraft =
            parse_meta_properties(b"#\r\nnode.id=1\r\ndirectory.id=dd\r\nversion=1\r\ncluster.id=x\r\n")
                .unwrap();
        assert_eq!((kraft.version, kraft.node_id, kraft.directory_id.as_deref()), (1, Some(1), Some("dd")));
    }

    #[test]
    fn errors_say_where() {
        let wrong = parse_meta_properties(b"node.id=x1\nversion=1\n").unwrap_err().to_string();
        assert_eq!(wrong, "position 0: expected a number for node.id, found \"x1\"");
        let wrong = parse_meta_properties(b"node.id=1\nversion=7\n").unwrap_err().to_string();
        assert_eq!(wrong, "position 10: expected version=0 or version=1, found 7");
        assert!(parse_meta_properties(b"").is_err());
    }
}
