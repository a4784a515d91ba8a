"""Create the container of TranscribeSpeech: its cluster, hosts, network, image and state.

It runs on a host with one GPU, or on Fargate's CPUs, because Fargate has no GPUs. ECS Managed
Instances come closest: AWS manages the hosts, the task definitions are the same, and the last
host is terminated when no task runs.
"""

from __future__ import annotations

from pathlib import Path

import jsii
from aws_cdk import Aws, CfnResource, Duration, Fn, IgnoreMode, Size, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from cdk_app.config import IDLE_HOST_SECONDS, Config
from cdk_app.logs import log_group
from cdk_app.network import Network
from lifestream.aws.containers import EXECUTION_NAME
from lifestream.domain.prices import FARGATE_DISK_GB, FARGATE_MEMORY_GB, FARGATE_VCPUS
from lifestream.step_names import Step

ROOT = Path(__file__).parent.parent
DOCKERFILE = "containers/transcribe_speech/Dockerfile"
SHIPPED = ("lambdas/lifestream", "containers/transcribe_speech")
NOT_SHIPPED = ("**/__pycache__", "**/*.pyc", "lambdas/lifestream/client")
START_LIMIT_SECONDS = 45 * 60
"""ECS stops a task that gets no host within 30 minutes; pulling the image takes the rest."""
JOB_BY_REFERENCE = {
    "JOB_ID": "{% $states.input.job_id %}",
    "JOB_ATTEMPT": "{% $string($states.input.attempt) %}",
    EXECUTION_NAME: "{% $states.context.Execution.Name %}",
}
"""The container reads the job from the job table. A job may be longer than the 8,192 characters
that ECS accepts for overrides, escaped quotes included."""
VCPUS = 4
"""Per host. One container uses this much of the quota for G and VT instances."""
HOST_TAGS = ecs.PropagateManagedInstancesTags.CAPACITY_PROVIDER
"""Tag hosts, their volumes and network interfaces as the capacity provider is tagged."""
TASK_TAGS = ecs.PropagatedTagSource.TASK_DEFINITION
ANY_PRICE = 999_999
"""A percentage that excludes no instance type. The list of types limits the price already; by
default, ECS leaves out types that cost 20 % more than the cheapest:
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_InstanceRequirementsRequest.html"""


class ContainerStep(Construct):
    """Exposes `cluster`, `network`, `logs`, `task_role`, the container's role, and `host`, what it
    runs on.

    `state()` creates the state that runs the container.
    """

    def __init__(
        self, scope: Construct, step: Step, *, config: Config, environment: dict[str, str]
    ) -> None:
        super().__init__(scope, step)
        self.step = step
        self.compute = config.compute
        self.timeout = config.transcription_timeout
        self._has_tags = bool(config.tags)
        self.network = Network(self, config=config)
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            vpc=self.network.vpc,
            container_insights_v2=ecs.ContainerInsights.ENABLED,  # of running tasks only
        )
        gpu = config.compute == "gpu"
        self._definition = self._gpu_definition() if gpu else self._cpu_definition()
        self._provider = self._managed_instances(config) if gpu else self._fargate(config)
        self._launch_target = CapacityProviderLaunchTarget(self._provider)
        self.logs = log_group(self)
        self._container = self._add_container(config, environment)
        self.task_role = self._definition.task_role
        self.host = "GPU host" if gpu else "Fargate host"

    @property
    def outputs(self) -> dict[str, str]:
        """What `lifestream doctor` needs to run the container outside of an execution."""
        return {
            "ClusterName": self.cluster.cluster_name,
            "TaskDefinitionArn": self._definition.task_definition_arn,
            "CapacityProvider": self._provider,
            "TaskSubnets": Fn.join(",", self._subnets.subnet_ids),
            "TaskPublicIp": "ENABLED" if self.network.is_public else "DISABLED",
            "TaskSecurityGroup": self.network.security_group.security_group_id,
            "Compute": self.compute,
            "ContainerLogGroup": self.logs.log_group_name,
        }

    def state(self, scope: Construct, *, comment: str) -> tasks.EcsRunTask:
        """Return the state that runs the container and waits until it ends (`.sync`).

        A crash, a kill or a failed image pull fails the state at once.
        """
        on_fargate, network = self._definition.is_fargate_compatible, self.network
        return tasks.EcsRunTask.jsonata(
            scope,
            self.step,
            comment=comment,
            cluster=self.cluster,
            task_definition=self._definition,
            launch_target=self._launch_target,
            integration_pattern=sfn.IntegrationPattern.RUN_JOB,
            task_timeout=sfn.Timeout.duration(self.timeout),
            assign_public_ip=network.is_public if on_fargate else None,
            security_groups=[network.security_group] if on_fargate else None,
            subnets=network.subnets if on_fargate else None,
            container_overrides=[
                tasks.ContainerOverride(
                    container_definition=self._container,
                    environment=[
                        tasks.TaskEnvironmentVariable(name=name, value=value)
                        for name, value in JOB_BY_REFERENCE.items()
                    ],
                )
            ],
            propagated_tag_source=TASK_TAGS if self._has_tags else None,
            outputs="{% $states.input %}",
        )

    @property
    def _subnets(self) -> ec2.SelectedSubnets:
        return self.network.vpc.select_subnets(subnet_type=self.network.subnets.subnet_type)

    def _gpu_definition(self) -> ecs.TaskDefinition:
        """Reserve a little less than a g6.xlarge has (4 vCPU, 16 GiB), which also runs the
        agent."""
        return ecs.TaskDefinition(
            self,
            "Task",
            compatibility=ecs.Compatibility.MANAGED_INSTANCES,
            network_mode=ecs.NetworkMode.HOST,
            cpu="3584",
            memory_mib="13312",
            runtime_platform=X86_LINUX,
        )

    def _cpu_definition(self) -> ecs.TaskDefinition:
        """Use ARM64: PyPI has torch without CUDA for it, and it is cheaper (ADR 20)."""
        return ecs.FargateTaskDefinition(
            self,
            "Task",
            cpu=FARGATE_VCPUS * 1024,
            memory_limit_mib=FARGATE_MEMORY_GB * 1024,
            ephemeral_storage_gib=FARGATE_DISK_GB,
            runtime_platform=ARM_LINUX,
        )

    def _managed_instances(self, config: Config) -> str:
        spot, option = config.spot, ecs.CapacityOptionType
        provider = ecs.ManagedInstancesCapacityProvider(
            self,
            "Gpu",
            subnets=self._subnets.subnets,
            security_groups=[self.network.security_group],
            capacity_option_type=option.SPOT if spot else option.ON_DEMAND,
            propagate_tags=HOST_TAGS if config.tags else None,
            task_volume_storage=Size.gibibytes(120),
            instance_requirements=ec2.InstanceRequirementsConfig(
                v_cpu_count_min=VCPUS,
                v_cpu_count_max=VCPUS,
                memory_min=Size.gibibytes(15),
                memory_max=Size.gibibytes(64),
                accelerator_count_min=1,
                accelerator_count_max=1,
                accelerator_types=[ec2.AcceleratorType.GPU],
                accelerator_manufacturers=[ec2.AcceleratorManufacturer.NVIDIA],
                allowed_instance_types=list(config.gpu_instance_types),
                on_demand_max_price_percentage_over_lowest_price=None if spot else ANY_PRICE,
                spot_max_price_percentage_over_lowest_price=ANY_PRICE if spot else None,
            ),
        )
        resource = provider.node.default_child
        if not isinstance(resource, ecs.CfnCapacityProvider):
            raise TypeError("the capacity provider has no CfnCapacityProvider")
        resource.add_property_override(
            "ManagedInstancesProvider.InfrastructureOptimization.ScaleInAfter", IDLE_HOST_SECONDS
        )
        self._name_instance_role(provider)
        self.cluster.add_managed_instances_capacity_provider(provider)
        return provider.capacity_provider_name

    def _name_instance_role(self, provider: ecs.ManagedInstancesCapacityProvider) -> None:
        """Add the region to the role's name, because role names are global in an account.

        AWS's managed policy lets ECS pass only roles with this prefix, so CDK sets a name, but
        one without the region.
        """
        name = f"ecsInstanceRole-{Stack.of(self).stack_name}-{Aws.REGION}"
        for child, attribute in (
            ("InstanceRole", "RoleName"),
            ("InstanceProfile", "InstanceProfileName"),
        ):
            resource = provider.node.find_child(child).node.default_child
            if not isinstance(resource, CfnResource):
                raise TypeError(f"{child} is not a CfnResource")
            resource.add_property_override(attribute, name)

    def _fargate(self, config: Config) -> str:
        self.cluster.enable_fargate_capacity_providers()
        return "FARGATE_SPOT" if config.spot else "FARGATE"

    def _add_container(
        self, config: Config, environment: dict[str, str]
    ) -> ecs.ContainerDefinition:
        image = ecs.ContainerImage.from_asset(
            str(ROOT),
            file=DOCKERFILE,
            build_args={"VARIANT": config.compute},
            platform=IMAGE_PLATFORMS[config.compute],
            ignore_mode=IgnoreMode.DOCKER,
            exclude=["*", *(f"!{path}" for path in SHIPPED), *NOT_SHIPPED],
        )
        return self._definition.add_container(
            self.step,
            image=image,
            gpu_count=1 if config.compute == "gpu" else None,
            environment={
                **environment,
                "STAGE": config.stage,
                "SPEECH_DEVICE": config.device,
                "DEADLINE_SECONDS": str(int(self.timeout.to_seconds()) - START_LIMIT_SECONDS),
                **config.speech_environment,
            },
            logging=ecs.LogDrivers.aws_logs(stream_prefix=self.step, log_group=self.logs),
            stop_timeout=Duration.seconds(30),
        )


def _linux_on(architecture: ecs.CpuArchitecture) -> ecs.RuntimePlatform:
    return ecs.RuntimePlatform(
        cpu_architecture=architecture, operating_system_family=ecs.OperatingSystemFamily.LINUX
    )


X86_LINUX = _linux_on(ecs.CpuArchitecture.X86_64)
ARM_LINUX = _linux_on(ecs.CpuArchitecture.ARM64)
IMAGE_PLATFORMS = {
    "gpu": ecr_assets.Platform.LINUX_AMD64,
    "cpu": ecr_assets.Platform.LINUX_ARM64,
}


@jsii.implements(tasks.IEcsLaunchTarget)
class CapacityProviderLaunchTarget:
    """Launches the task with a capacity provider.

    CDK's own launch targets all set a launch type, and none supports Managed Instances.
    """

    def __init__(self, provider: str) -> None:
        self._provider = provider

    def bind(
        self,
        task: tasks.EcsRunTask,  # noqa: ARG002  # jsii passes these by name
        *,
        task_definition: ecs.ITaskDefinition,  # noqa: ARG002
        cluster: ecs.ICluster | None = None,  # noqa: ARG002
    ) -> tasks.EcsLaunchTargetConfig:
        strategy = [{"CapacityProvider": self._provider, "Weight": 1}]
        return tasks.EcsLaunchTargetConfig(parameters={"CapacityProviderStrategy": strategy})
