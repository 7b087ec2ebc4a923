"""Reads a deployed template the way CloudFormation does: Ref, Fn::Sub, Fn::GetAtt, Fn::If and friends.

Only what an HTTP API's body contains; anything else is an error, never a guess.
"""

from __future__ import annotations

import re
from typing import Any

from . import cloud
from .place import REGION


class DeployedStack:
    """The processed template of a stack, with what its names stand for now that it is deployed."""

    def __init__(
        self,
        stack_id: str,
        template: dict,
        *,
        parameters: dict[str, str],
        physical_ids: dict[str, str],
        outputs: dict[str, str],
    ) -> None:
        *_, self._account, stack = stack_id.split(":")
        self.template = template
        self.outputs = outputs
        self.physical_ids = physical_ids
        self._names = {
            **parameters,
            **physical_ids,
            "AWS::AccountId": self._account,
            "AWS::NoValue": None,
            "AWS::Partition": "aws",
            "AWS::Region": REGION,
            "AWS::StackName": stack.split("/")[1],
            "AWS::URLSuffix": "amazonaws.com",
        }

    @classmethod
    def named(cls, name: str) -> DeployedStack:
        """Asks CloudFormation."""
        cloudformation = cloud.client("cloudformation")
        [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
        # A page has a hundred of them.
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
        resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
        return cls(
            stack["StackId"],
            cloudformation.get_template(StackName=name, TemplateStage="Processed")["TemplateBody"],
            parameters={item["ParameterKey"]: item["ParameterValue"] for item in stack["Parameters"]},
            physical_ids={item["LogicalResourceId"]: item["PhysicalResourceId"] for item in resources},
            outputs={item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]},
        )

    def of_type(self, resource_type: str) -> dict[str, dict]:
        """Logical id → resource, as the processed template has it."""
        resources = self.template["Resources"].items()
        return {name: resource for name, resource in resources if resource["Type"] == resource_type}

    def resolve(self, value: Any) -> Any:
        """The value with every intrinsic function replaced by its result."""
        match value:
            case {"Ref": name}:
                return self._names[name]
            case {"Fn::Sub": str(text)}:
                return re.sub(r"\$\{([^}!]+)\}", lambda found: self._substitute(found[1]), text)
            case {"Fn::GetAtt": [name, "Arn"]}:
                return self._arn(name)
            case {"Fn::Split": [separator, text]}:
                return self.resolve(text).split(separator)
            case {"Fn::If": [condition, then, otherwise]}:
                return self.resolve(then if self._holds(condition) else otherwise)
            case {"Fn::Equals": [left, right]}:
                return self.resolve(left) == self.resolve(right)
            case {"Fn::Not": [condition]}:
                return not self.resolve(condition)
            case dict() if any(key.startswith("Fn::") for key in value):
                raise NotImplementedError(f"the local stack cannot read {value}")
            case dict():
                return {key: self.resolve(item) for key, item in value.items()}
            case list():
                return [self.resolve(item) for item in value]
            case _:
                return value

    def _substitute(self, name: str) -> str:
        resource, _, attribute = name.partition(".")
        return self.resolve({"Fn::GetAtt": [resource, attribute]} if attribute else {"Ref": name})

    def _arn(self, name: str) -> str:
        if self.template["Resources"][name]["Type"] != "AWS::Lambda::Function":
            raise NotImplementedError(f"the local stack knows only functions by ARN, not {name}")
        return f"arn:aws:lambda:{REGION}:{self._account}:function:{self.physical_ids[name]}"

    def _holds(self, condition: str) -> bool:
        return self.resolve(self.template["Conditions"][condition])
