"""The template's container: the hosts that it may run on, and what they cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import cost
import pytest

from cdk_app.config import Config
from infrastructure.templates import EVERYTHING, OTHER_VALUES, all_states, definition, resources
from lifestream.domain.prices import ON_DEMAND_HOUR
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
    launch = launch_template(synthesize(**EVERYTHING))

    assert launch["CapacityOptionType"] == "SPOT"


def chosen_from(launch: dict[str, Any]) -> set[str]:
    """Apply AllowedInstanceTypes, then price protection, as EC2 documents them."""
    requirements = launch["InstanceRequirements"]
    allowed = [t for t in ON_DEMAND_HOUR if t in requirements["AllowedInstanceTypes"]]
    option = {"ON_DEMAND": "OnDemand", "SPOT": "Spot"}[launch["CapacityOptionType"]]
    over = requirements.get(f"{option}MaxPricePercentageOverLowestPrice", 20)
    limit = min(ON_DEMAND_HOUR[t] for t in allowed) * (1 + over / 100)
    return {t for t in allowed if ON_DEMAND_HOUR[t] <= limit}


@pytest.mark.parametrize("switches", [{"compute": "gpu"}, EVERYTHING], ids=["on-demand", "spot"])
def test_hosts_have_an_l4_or_an_a10g_and_the_vcpus_of_one_container(
    synthesize: Synthesize, switches: dict[str, str]
) -> None:
    launch = launch_template(synthesize(**switches))
    requirements = launch["InstanceRequirements"]

    assert chosen_from(launch) == {"g6.xlarge", "g5.xlarge"}
    assert requirements["VCpuCount"] == {"Min": 4, "Max": 4}
    assert requirements["MemoryMiB"]["Min"] <= 16 * 1024 <= requirements["MemoryMiB"]["Max"]


def test_the_costs_are_those_of_the_instance_types_that_are_chosen(
    synthesize: Synthesize,
) -> None:
    launch = launch_template(synthesize(compute="gpu"))

    assert set(cost.GPU_HOSTS) == chosen_from(launch)


@pytest.mark.parametrize("function", ["Dispatcher", "InspectVideo", "Recovery"])
def test_the_functions_know_what_an_hour_of_the_host_costs(
    synthesize: Synthesize, function: str
) -> None:
    gpu, cpu = (environment_of(synthesize(compute=one), function) for one in ("gpu", "cpu"))

    assert (gpu["HOST_HOUR_DOLLARS"], gpu["HOST_IDLE_SECONDS"]) == ("0.901376", "300")
    assert (cpu["HOST_HOUR_DOLLARS"], cpu["HOST_IDLE_SECONDS"]) == ("0.189810", "0")


def test_an_own_price_replaces_the_list_price() -> None:
    own = Config(host_hour_dollars=0.5, gpu_instance_types=("g7.xlarge",))

    assert own.cost_environment["HOST_HOUR_DOLLARS"] == "0.500000"


def test_a_host_without_a_known_price_is_refused() -> None:
    with pytest.raises(ValueError, match="add -c host_hour_dollars"):
        Config(gpu_instance_types=("g7.xlarge",))


def environment_of(template: Template, name: str) -> dict[str, str]:
    """Return the environment of a function whose logical id begins with the name."""
    functions = template.find_resources("AWS::Lambda::Function")
    found = next(value for key, value in functions.items() if key.startswith(name))
    variables: dict[str, str] = found["Properties"]["Environment"]["Variables"]
    return variables


def test_every_listed_instance_type_can_be_chosen(synthesize: Synthesize) -> None:
    launch = launch_template(synthesize(**OTHER_VALUES))

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
