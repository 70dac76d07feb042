//! Requests about groups: who coordinates one, what kind it is, who is in it.

use kafka_protocol::messages::{
    ConsumerGroupDescribeRequest, DescribeGroupsRequest, FindCoordinatorRequest, GroupId, ListGroupsRequest,
    ShareGroupDescribeRequest,
};
use kafka_protocol::protocol::StrBytes;

use super::connection::Connection;
use super::{Broker, ClientError, DescribedGroup, ErrorCode, ListedGroup, Member, Operations};

fn text(value: &str) -> StrBytes {
    StrBytes::from_string(value.to_owned())
}

fn broker_error(
    connection: &Connection,
    api: &'static str,
    about: &str,
    code: i16,
    message: Option<&StrBytes>,
) -> ClientError {
    ClientError::Broker {
        address: connection.address().to_owned(),
        api,
        about: about.to_owned(),
        code: ErrorCode(code),
        message: message.map(ToString::to_string),
    }
}

fn nothing(connection: &Connection, api: &'static str, version: i16, group: &str) -> ClientError {
    ClientError::Malformed {
        address: connection.address().to_owned(),
        api,
        version,
        reason: format!("says nothing about group {group}"),
    }
}

pub(super) fn find_coordinator(connection: &mut Connection, group: &str) -> Result<Broker, ClientError> {
    let request = FindCoordinatorRequest::default().with_key(text(group)).with_key_type(0);
    let answer = connection.call(&request)?;
    if answer.error_code != 0 {
        let about = format!("group {group}");
        return Err(broker_error(
            connection,
            "FindCoordinator",
            &about,
            answer.error_code,
            answer.error_message.as_ref(),
        ));
    }
    let port = u16::try_from(answer.port).map_err(|_| ClientError::Malformed {
        address: connection.address().to_owned(),
        api: "FindCoordinator",
        version: 3,
        reason: format!("port {}", answer.port),
    })?;
    Ok(Broker { id: answer.node_id.0, host: answer.host.to_string(), port })
}

pub(super) fn list_groups(connection: &mut Connection) -> Result<Vec<ListedGroup>, ClientError> {
    let version = connection.version::<ListGroupsRequest>()?;
    let answer = connection.call(&ListGroupsRequest::default())?;
    if answer.error_code != 0 {
        return Err(broker_error(connection, "ListGroups", "all groups", answer.error_code, None));
    }
    let known =
        |since: i16, value: &StrBytes| (version >= since && !value.is_empty()).then(|| value.to_string());
    Ok(answer
        .groups
        .iter()
        .map(|g| ListedGroup {
            group_id: g.group_id.to_string(),
            protocol_type: g.protocol_type.to_string(),
            state: known(4, &g.group_state),
            group_type: known(5, &g.group_type).map(|t| t.to_ascii_lowercase()),
        })
        .collect())
}

pub(super) fn describe_classic(
    connection: &mut Connection,
    group: &str,
) -> Result<DescribedGroup, ClientError> {
    let request = DescribeGroupsRequest::default()
        .with_groups(vec![GroupId(text(group))])
        .with_include_authorized_operations(true);
    let version = connection.version::<DescribeGroupsRequest>()?;
    let answer = connection.call(&request)?;
    let found = answer.groups.iter().find(|g| g.group_id.as_str() == group);
    let found = found.ok_or_else(|| nothing(connection, "DescribeGroups", version, group))?;
    Ok(DescribedGroup {
        error: ErrorCode(found.error_code),
        state: found.group_state.to_string(),
        protocol_type: found.protocol_type.to_string(),
        protocol: found.protocol_data.to_string(),
        members: found
            .members
            .iter()
            .map(|m| Member {
                member_id: m.member_id.to_string(),
                group_instance_id: m.group_instance_id.as_ref().map(ToString::to_string),
                client_id: m.client_id.to_string(),
                client_host: m.client_host.to_string(),
            })
            .collect(),
        allowed: Operations::from_wire(found.authorized_operations),
    })
}

pub(super) fn describe_consumer(
    connection: &mut Connection,
    group: &str,
) -> Result<Option<DescribedGroup>, ClientError> {
    let Ok(version) = connection.version::<ConsumerGroupDescribeRequest>() else { return Ok(None) };
    let request = ConsumerGroupDescribeRequest::default()
        .with_group_ids(vec![GroupId(text(group))])
        .with_include_authorized_operations(true);
    let answer = connection.call(&request)?;
    let found = answer.groups.iter().find(|g| g.group_id.as_str() == group);
    let found = found.ok_or_else(|| nothing(connection, "ConsumerGroupDescribe", version, group))?;
    Ok(Some(DescribedGroup {
        error: ErrorCode(found.error_code),
        state: found.group_state.to_string(),
        protocol_type: "consumer".to_owned(),
        protocol: found.assignor_name.to_string(),
        members: found
            .members
            .iter()
            .map(|m| Member {
                member_id: m.member_id.to_string(),
                group_instance_id: m.instance_id.as_ref().map(ToString::to_string),
                client_id: m.client_id.to_string(),
                client_host: m.client_host.to_string(),
            })
            .collect(),
        allowed: Operations::from_wire(found.authorized_operations),
    }))
}

pub(super) fn describe_share(
    connection: &mut Connection,
    group: &str,
) -> Result<Option<DescribedGroup>, ClientError> {
    let Ok(version) = connection.version::<ShareGroupDescribeRequest>() else { return Ok(None) };
    let request = ShareGroupDescribeRequest::default().with_group_ids(vec![GroupId(text(group))]);
    let answer = connection.call(&request)?;
    let found = answer.groups.iter().find(|g| g.group_id.as_str() == group);
    let found = found.ok_or_else(|| nothing(connection, "ShareGroupDescribe", version, group))?;
    Ok(Some(DescribedGroup {
        error: ErrorCode(found.error_code),
        state: found.group_state.to_string(),
        protocol_type: "share".to_owned(),
        protocol: found.assignor_name.to_string(),
        members: found
            .members
            .iter()
            .map(|m| Member {
                member_id: m.member_id.to_string(),
                group_instance_id: None,
                client_id: m.client_id.to_string(),
                client_host: m.client_host.to_string(),
            })
            .collect(),
        allowed: Operations::from_wire(found.authorized_operations),
    }))
}
