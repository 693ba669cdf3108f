"""What a CloudTrail event is in OCSF: class, activity and status by the name of the call."""

import re
from collections.abc import Mapping
from functools import lru_cache

ACCOUNT_CHANGE, AUTHENTICATION, API_ACTIVITY = 3001, 3002, 6003
SUCCESS, FAILURE = 1, 2
OTHER = 99
_CREATE, _READ, _UPDATE, _DELETE = 1, 2, 3, 4
_LOGON, _LOGOFF, _SWITCH = 1, 2, 7

_FIRST_WORD = re.compile(r"(?:Batch|Admin)?([A-Z][a-z]+)")
_VERBS = {
    word: activity
    for activity, words in {
        _CREATE: "Create Run Allocate Register Import Copy Restore Upload Launch Purchase",
        _READ: "Get Describe List Lookup Search Select Query Scan Head Read View Download",
        _UPDATE: "Update Put Modify Attach Detach Set Add Remove Associate Disassociate Enable"
        " Disable Tag Untag Authorize Revoke Change Replace Reset Start Stop Reboot Apply",
        _DELETE: "Delete Terminate Deregister Release",
    }.items()
    for word in words.split()
}
#: Calls that give the caller a session, by service; the names of the others there are not logins.
_LOGINS = {
    "signin.amazonaws.com": {
        "ConsoleLogin": _LOGON,
        "ExternalIdPDirectoryLogin": _LOGON,
        "Logout": _LOGOFF,
        "SwitchRole": _SWITCH,
    },
    "sts.amazonaws.com": {
        "AssumeRole": _LOGON,
        "AssumeRoleWithSAML": _LOGON,
        "AssumeRoleWithWebIdentity": _LOGON,
        "AssumeRoot": _LOGON,
    },
    "sso.amazonaws.com": {"Authenticate": _LOGON},
}
#: Changes of users and roles, as OCSF 1.8 numbers them. Groups and policies are API activity.
_ACCOUNT_CHANGES = {
    name: activity
    for activity, names in {
        1: "CreateUser CreateRole CreateServiceLinkedRole",
        3: "ChangePassword PasswordUpdated",
        4: "UpdateLoginProfile PasswordRecoveryRequested PasswordRecoveryCompleted",
        6: "DeleteUser DeleteRole DeleteServiceLinkedRole",
        7: "AttachUserPolicy AttachRolePolicy PutUserPolicy PutRolePolicy",
        8: "DetachUserPolicy DetachRolePolicy DeleteUserPolicy DeleteRolePolicy",
        10: "EnableMFADevice",
        11: "DeactivateMFADevice",
        OTHER: "UpdateUser UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy TagUser"
        " UntagUser TagRole UntagRole CreateAccessKey UpdateAccessKey DeleteAccessKey"
        " CreateLoginProfile DeleteLoginProfile PutUserPermissionsBoundary"
        " PutRolePermissionsBoundary DeleteUserPermissionsBoundary DeleteRolePermissionsBoundary"
        " AddUserToGroup RemoveUserFromGroup",
    }.items()
    for name in names.split()
}
_ACCOUNT_SERVICES = frozenset(("iam.amazonaws.com", "signin.amazonaws.com"))


@lru_cache(maxsize=8192)
def activity_of(service: str, operation: str) -> tuple[int, int]:
    """Class and activity of a call, e.g. (6003, 2) of `ec2.amazonaws.com`, `DescribeVpcs`."""
    if service in _ACCOUNT_SERVICES and operation in _ACCOUNT_CHANGES:
        return ACCOUNT_CHANGE, _ACCOUNT_CHANGES[operation]
    login = _LOGINS.get(service, {}).get(operation)
    if login is not None:
        return AUTHENTICATION, login
    if service == "signin.amazonaws.com":
        return AUTHENTICATION, OTHER
    word = _FIRST_WORD.match(operation)
    return API_ACTIVITY, _VERBS.get(word[1], OTHER) if word else OTHER


def status_of(record: Mapping[str, object], error: object, operation: str) -> int:
    """Success, unless there is an error code or a login's own answer says `Failure`."""
    if error is not None and error != "Success":
        return FAILURE
    for answers in (record.get("responseElements"), record.get("serviceEventDetails")):
        if isinstance(answers, dict) and answers.get(operation) == "Failure":
            return FAILURE
    return SUCCESS
