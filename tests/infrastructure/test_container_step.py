"""The template's container: the hosts that it may run on, and what they cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import cost
import pytest

from infrastructure.templates import all_states, definition, resources
from lifestream.step_names import Step

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

    Synthesize = Callable[..., Template]


def test_gpu_means_one_gpu_on_managed_instances_without_a_launch_type(
    synthesize: Synthesize,
) -> None:
    template = synthesize(compute="gpu")
    [task] = resources(template, "AWS::ECS::TaskDefinition")
    state = all_states(definition(template))[Step.TRANSCRIBE_SPEECH]

    [container] = task["ContainerDefinitions"]
    assert container["ResourceRequirements"] == [{"Type": "GPU", "Value": "1"}]
    assert task["RequiresCompatibilities"] == ["MANAGED_INSTANCES"]
    [strategy] = state["Arguments"]["CapacityProviderStrategy"]
    assert strategy["CapacityProvider"].startswith("TranscribeSpeechGpu")
    assert "LaunchType" not in state["Arguments"]
    [provider] = resources(template, "AWS::ECS::CapacityProvider")
    managed = provider["ManagedInstancesProvider"]
    assert managed["InfrastructureOptimization"]["ScaleInAfter"] == 300


def test_the_outputs_contain_the_parameters_of_run_task(synthesize: Synthesize) -> None:
    gpu, cpu = (synthesize(compute=compute).to_json()["Outputs"] for compute in ("gpu", "cpu"))

    asked = {
        "ClusterName", "TaskDefinitionArn", "CapacityProvider", "TaskSubnets", "TaskSecurityGroup",
        "TaskPublicIp", "Compute", "MaxGpuTasks", "ContainerLogGroup",
    }  # fmt: skip
    assert asked <= gpu.keys() == cpu.keys()
    assert gpu["CapacityProvider"]["Value"]["Ref"].startswith("TranscribeSpeechGpu")
    assert cpu["CapacityProvider"]["Value"] == "FARGATE"
    assert (gpu["Compute"]["Value"], cpu["Compute"]["Value"]) == ("gpu", "cpu")
    separator, subnets = gpu["TaskSubnets"]["Value"]["Fn::Join"]
    assert (separator, len(subnets)) == (",", 2)


def test_cpu_means_fargate_without_a_gpu_or_a_launch_type(synthesize: Synthesize) -> None:
    template = synthesize(compute="cpu")
    [task] = resources(template, "AWS::ECS::TaskDefinition")
    state = all_states(definition(template))[Step.TRANSCRIBE_SPEECH]

    [container] = task["ContainerDefinitions"]
    assert "ResourceRequirements" not in container
    assert task["RequiresCompatibilities"] == ["FARGATE"]
    [strategy] = state["Arguments"]["CapacityProviderStrategy"]
    assert strategy["CapacityProvider"] == "FARGATE"
    assert "LaunchType" not in state["Arguments"]
    assert state["Arguments"]["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"]
    template.resource_count_is("AWS::ECS::CapacityProvider", 0)


def launch_template(template: Template) -> dict[str, Any]:
    [provider] = resources(template, "AWS::ECS::CapacityProvider")
    launch: dict[str, Any] = provider["ManagedInstancesProvider"]["InstanceLaunchTemplate"]
    return launch


def test_spot_is_a_switch(synthesize: Synthesize) -> None:
    launch = launch_template(synthesize(compute="gpu", spot="true"))

    assert launch["CapacityOptionType"] == "SPOT"


OF_AWS = {"g4dn.xlarge": 0.526, "g6.xlarge": 0.8048, "g5.xlarge": 1.006}
"""Dollars an hour on demand, https://aws.amazon.com/ec2/pricing/on-demand/, us-east-1. All have 4
vCPUs, 16 GiB and one GPU: https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html"""


def chosen_from(launch: dict[str, Any]) -> set[str]:
    """Apply AllowedInstanceTypes, then price protection, as EC2 documents them."""
    requirements = launch["InstanceRequirements"]
    allowed = [t for t in OF_AWS if t in requirements["AllowedInstanceTypes"]]
    option = {"ON_DEMAND": "OnDemand", "SPOT": "Spot"}[launch["CapacityOptionType"]]
    over = requirements.get(f"{option}MaxPricePercentageOverLowestPrice", 20)
    limit = min(OF_AWS[t] for t in allowed) * (1 + over / 100)
    return {t for t in allowed if OF_AWS[t] <= limit}


@pytest.mark.parametrize("spot", ["false", "true"])
def test_hosts_have_an_l4_or_an_a10g_and_the_vcpus_of_one_container(
    synthesize: Synthesize, spot: str
) -> None:
    launch = launch_template(synthesize(compute="gpu", spot=spot))
    requirements = launch["InstanceRequirements"]

    assert chosen_from(launch) == {"g6.xlarge", "g5.xlarge"}
    assert requirements["VCpuCount"] == {"Min": 4, "Max": 4}
    assert requirements["MemoryMiB"]["Min"] <= 16 * 1024 <= requirements["MemoryMiB"]["Max"]


def test_the_costs_are_those_of_the_instance_types_that_are_chosen(
    synthesize: Synthesize,
) -> None:
    from cdk_app.container_step import IDLE_HOST_SECONDS

    launch = launch_template(synthesize(compute="gpu"))

    assert set(cost.GPU_HOURS) == chosen_from(launch)
    assert cost.GPU_HOURS.items() <= OF_AWS.items()
    assert cost.IDLE_HOURS * 3600 == IDLE_HOST_SECONDS


def test_every_listed_instance_type_can_be_chosen(synthesize: Synthesize) -> None:
    launch = launch_template(synthesize(gpu_instance_types='["g4dn.xlarge", "g5.xlarge"]'))

    assert chosen_from(launch) == {"g4dn.xlarge", "g5.xlarge"}


@pytest.mark.parametrize(
    ("types", "complaint"),
    [
        ("g6.xlarge", "-c gpu_instance_types: Value error, not JSON: 'g6.xlarge'"),
        ("[]", "-c gpu_instance_types: Tuple should have at least 1 item"),
        (
            '["g6"]',
            "'g6' is not an instance type with 4 vCPUs and an NVIDIA GPU, such as g6.xlarge",
        ),
        ('["g6.12xlarge"]', "'g6.12xlarge' is not an instance type with 4 vCPUs"),
        ('["g5g.xlarge"]', "'g5g.xlarge' is not an instance type with 4 vCPUs and an NVIDIA GPU"),
        ('["m7i.xlarge"]', "'m7i.xlarge' is not an instance type with 4 vCPUs and an NVIDIA GPU"),
    ],
)
def test_instance_types_that_no_host_can_have_are_refused(
    synthesize: Synthesize, types: str, complaint: str
) -> None:
    with pytest.raises(SystemExit) as refused:
        synthesize(gpu_instance_types=types)

    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_default_needs_the_quota_of_one_host(synthesize: Synthesize) -> None:
    """A common first quota for G and VT instances is four vCPUs."""
    template = synthesize(compute="gpu")

    assert template.to_json()["Outputs"]["MaxGpuTasks"]["Value"] == "1"
