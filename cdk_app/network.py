"""Create the VPC of the container and, if it is private, put the Lambda functions into it.

`-c network=public` has public subnets, free gateway endpoints and no NAT gateway, which costs
money by the hour. `private` has neither internet gateway nor public addresses: every AWS service
is reached through an endpoint. `private-with-nat` adds a NAT gateway, for the functions that call
vendors and for nothing else (ADR 80).
"""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import Aws
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IConstruct

from cdk_app.config import Config
from cdk_app.logs import log_group

HTTPS = ec2.Port.tcp(443)
ZONES = 2
READS_API_KEYS = "secretsmanager"
"""Only functions that call vendors, or the webhook, may read the secret with their keys."""
Service = ec2.InterfaceVpcEndpointAwsService
OF_ANY_CONTAINER = {
    "Ecr": Service.ECR,
    "EcrDocker": Service.ECR_DOCKER,
    "Logs": Service.CLOUDWATCH_LOGS,
}
OF_GPU_HOSTS = {
    "Ecs": Service.ECS,
    "EcsAgent": Service.ECS_AGENT,
    "EcsTelemetry": Service.ECS_TELEMETRY,
}
"""What the agent of a host calls. On Fargate, AWS runs the agent:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html"""
OF_FUNCTIONS = {
    "ecs": ("Ecs", Service.ECS),
    "events": ("Events", Service.EVENTBRIDGE),
    "lambda": ("Lambda", Service.LAMBDA_),
    "secretsmanager": ("SecretsManager", Service.SECRETS_MANAGER),
    "sns": ("Sns", Service.SNS),
    "sqs": ("Sqs", Service.SQS),
    "states": ("StepFunctions", Service.STEP_FUNCTIONS),
}
"""By the prefix of the actions that a function's role allows."""
WITHOUT_INTERFACE = {"dynamodb", "ec2", "kms", "logs", "s3", "xray"}
"""DynamoDB and S3 have gateway endpoints. The others are called by AWS itself, not by our code."""
OWN_NETWORK_INTERFACES = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"""


class Network:
    """Exposes `vpc`, the container's `security_group` and `subnets`, and `is_public`."""

    def __init__(self, scope: Construct, *, config: Config) -> None:
        self._scope = scope
        self.is_public = config.network == "public"
        self._has_nat = config.network == "private-with-nat"
        self._is_gpu = config.compute == "gpu"
        self.vpc = self._vpc()
        self._log_traffic()
        self.security_group = self._security_group("EgressOnly")
        self.subnets = ec2.SubnetSelection(
            subnet_type=ec2.SubnetType.PUBLIC if self.is_public else ec2.SubnetType.PRIVATE_ISOLATED
        )

    def connect(self, functions: list[lambda_.Function]) -> None:
        """Put the functions into the private network, and create the endpoints that they need.

        Does nothing in a public network, where functions run outside of the VPC. Raises KeyError
        if a function may call a service for which no endpoint is known.
        """
        if self.is_public:
            return
        group = self._security_group("Functions")
        for function in functions:
            self._place(function, group)
        self._interface_endpoints(functions, [group, self.security_group])

    def _vpc(self) -> ec2.Vpc:
        vpc = ec2.Vpc(
            self._scope,
            "Vpc",
            max_azs=ZONES,
            nat_gateways=int(self._has_nat),
            restrict_default_security_group=False,
            subnet_configuration=list(self._subnet_configuration()),
        )
        s3 = vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        dynamodb = ec2.GatewayVpcEndpointAwsService.DYNAMODB
        table = vpc.add_gateway_endpoint("DynamoDb", service=dynamodb)
        if not self.is_public:
            s3.add_to_policy(
                _any_role("s3:*", StringEquals={"aws:ResourceAccount": Aws.ACCOUNT_ID})
            )
            s3.add_to_policy(_any_role("s3:GetObject"))  # the layers of images are in AWS's bucket
            own = {"aws:ResourceAccount": Aws.ACCOUNT_ID}
            table.add_to_policy(_any_role("dynamodb:*", StringEquals=own))
        return vpc

    def _subnet_configuration(self) -> Iterator[ec2.SubnetConfiguration]:
        kind = ec2.SubnetType
        if self.is_public:
            yield ec2.SubnetConfiguration(name="Public", subnet_type=kind.PUBLIC)
            return
        if self._has_nat:  # the NAT gateway needs a public subnet, and nothing else is in it
            yield ec2.SubnetConfiguration(
                name="NatGateway", subnet_type=kind.PUBLIC, map_public_ip_on_launch=False
            )
            yield ec2.SubnetConfiguration(name="Vendors", subnet_type=kind.PRIVATE_WITH_EGRESS)
        yield ec2.SubnetConfiguration(name="Private", subnet_type=kind.PRIVATE_ISOLATED)

    def _log_traffic(self) -> None:
        """Log rejected traffic, and in a private network all of it."""
        kind = ec2.FlowLogTrafficType
        logs = log_group(Construct(self._scope, "RejectedTraffic"))
        self.vpc.add_flow_log(
            "Rejected",
            traffic_type=kind.REJECT if self.is_public else kind.ALL,
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(logs),
        )

    def _security_group(self, name: str) -> ec2.SecurityGroup:
        outbound = "any outbound" if self.is_public else "outbound HTTPS"
        group = ec2.SecurityGroup(
            self._scope,
            name,
            vpc=self.vpc,
            description=f"No inbound traffic, {outbound}",
            allow_all_outbound=self.is_public,
        )
        if not self.is_public:
            group.add_egress_rule(ec2.Peer.any_ipv4(), HTTPS, "HTTPS")
        return group

    def _place(self, function: lambda_.Function, group: ec2.SecurityGroup) -> None:
        resource = function.node.default_child
        if not isinstance(resource, lambda_.CfnFunction):
            raise TypeError("the function has no CfnFunction")
        kind = ec2.SubnetType
        to_internet = self._has_nat and READS_API_KEYS in _services(function)
        subnets = self.vpc.select_subnets(
            subnet_type=kind.PRIVATE_WITH_EGRESS if to_internet else kind.PRIVATE_ISOLATED
        )
        resource.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
            subnet_ids=subnets.subnet_ids, security_group_ids=[group.security_group_id]
        )
        _allow_network_interfaces(function)

    def _interface_endpoints(
        self, functions: list[lambda_.Function], clients: list[ec2.SecurityGroup]
    ) -> None:
        called = {name for function in functions for name in _services(function)}
        services = dict(OF_FUNCTIONS[name] for name in called - WITHOUT_INTERFACE)
        services |= OF_ANY_CONTAINER | (OF_GPU_HOSTS if self._is_gpu else {})
        group = ec2.SecurityGroup(
            self._scope,
            "Endpoints",
            vpc=self.vpc,
            description="Inbound HTTPS from functions and containers",
            allow_all_outbound=False,
        )
        for client in clients:
            group.add_ingress_rule(client, HTTPS, "HTTPS")
        for name, service in sorted(services.items()):
            self.vpc.add_interface_endpoint(
                name,
                service=service,
                open=False,
                private_dns_enabled=True,
                security_groups=[group],
                subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            )


def _any_role(action: str, **conditions: dict[str, str]) -> iam.PolicyStatement:
    """Allow what the roles allow: a policy of an endpoint can only narrow that."""
    return iam.PolicyStatement(
        principals=[iam.AnyPrincipal()], actions=[action], resources=["*"], conditions=conditions
    )


def _allow_network_interfaces(function: lambda_.Function) -> None:
    """Allow Lambda to create the function's network interfaces, and deny it to the function's
    code: only a request from code has `lambda:SourceFunctionArn`.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-best-practice-security
    """
    for effect, conditions in (
        (iam.Effect.ALLOW, {}),
        (iam.Effect.DENY, {"Null": {"lambda:SourceFunctionArn": "false"}}),
    ):
        function.add_to_role_policy(
            iam.PolicyStatement(
                effect=effect,
                actions=OWN_NETWORK_INTERFACES,
                resources=["*"],
                conditions=conditions,
            )
        )


def _services(function: lambda_.Function) -> set[str]:
    """Return the prefixes of the actions that the function's role allows."""
    if function.role is None:
        raise TypeError("the function has no role")
    actions = (a for policy in policies(function.role) for a in actions_of(policy))
    return {action.partition(":")[0] for action in actions}


def policies(scope: IConstruct) -> Iterator[iam.Policy]:
    return (node for node in scope.node.find_all() if isinstance(node, iam.Policy))


def actions_of(policy: iam.Policy) -> Iterator[str]:
    """Return every action that the policy allows."""
    for statement in policy.document.to_json()["Statement"]:
        if statement["Effect"] == "Allow":
            actions = statement["Action"]
            yield from [actions] if isinstance(actions, str) else actions
