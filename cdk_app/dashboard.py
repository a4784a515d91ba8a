"""Create the hosting of the dashboard: a private bucket behind CloudFront, which passes requests
for the API on, so that the pages and the API have one origin."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Aws, Duration
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_app.config import Config
from cdk_app.uploads import Uploads
from lifestream.api.access import DOCUMENTATION

ROUTING = Path(__file__).parent / "dashboard_routing.js"
API_PATHS = ("/v1/*", DOCUMENTATION, f"{DOCUMENTATION}/*")
ASSETS = "/assets/*"
API_TIMEOUT = Duration.seconds(30)
"""As long as the HTTP API itself waits. A long poll takes 20 seconds."""
A_YEAR = Duration.days(365)
CACHED_FOREVER = f"public, max-age={A_YEAR.to_seconds():.0f}, immutable"
"""The name of an asset contains a hash of its content."""
NOT_CACHED = "no-cache"
HTTPS = cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS


class Dashboard(Construct):
    """Exposes `bucket`, which `cdk_app.publishing` fills, and `url`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: Config,
        uploads: Uploads,
        http: gateway.HttpApi,
        sign_in_url: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket = self._bucket(config, uploads.access_logs)
        self._policy = content_security_policy(
            sign_in_url, f"https://{uploads.bucket.bucket_regional_domain_name}"
        )
        self._name = f"lifestream-{config.stage}-{Aws.REGION}"
        files = origins.S3BucketOrigin.with_origin_access_control(
            self.bucket,
            origin_access_control=cloudfront.S3OriginAccessControl(
                self, "Access", origin_access_control_name=self._name
            ),
        )
        distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"The dashboard of {self._name}",
            default_behavior=self._pages(files),
            additional_behaviors={
                ASSETS: self._assets(files),
                **dict.fromkeys(API_PATHS, _api(http)),
            },
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
        )
        self.url = f"https://{distribution.distribution_domain_name}"

    def _bucket(self, config: Config, access_logs: s3.Bucket | None) -> s3.Bucket:
        return s3.Bucket(
            self,
            "Bucket",
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            removal_policy=config.removal_policy,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix="dashboard/" if access_logs else None,
        )

    def _pages(self, files: cloudfront.IOrigin) -> cloudfront.BehaviorOptions:
        """Serve files that change with each version, so CloudFront does not cache them."""
        routing = cloudfront.Function(
            self,
            "Routing",
            code=cloudfront.FunctionCode.from_file(file_path=str(ROUTING)),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
        )
        return cloudfront.BehaviorOptions(
            origin=files,
            viewer_protocol_policy=HTTPS,
            cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
            response_headers_policy=self._headers("Pages", NOT_CACHED),
            function_associations=[
                cloudfront.FunctionAssociation(
                    function=routing, event_type=cloudfront.FunctionEventType.VIEWER_REQUEST
                )
            ],
        )

    def _assets(self, files: cloudfront.IOrigin) -> cloudfront.BehaviorOptions:
        return cloudfront.BehaviorOptions(
            origin=files,
            viewer_protocol_policy=HTTPS,
            cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
            response_headers_policy=self._headers("Assets", CACHED_FOREVER),
        )

    def _headers(self, construct_id: str, cache_control: str) -> cloudfront.ResponseHeadersPolicy:
        """Set the headers of our files. The local stack reads them from the template.

        CDK would give the policy the same name in each region, and CloudFront has no regions.
        """
        return cloudfront.ResponseHeadersPolicy(
            self,
            construct_id,
            response_headers_policy_name=f"{self._name}-{construct_id.lower()}",
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
                custom_headers=[
                    cloudfront.ResponseCustomHeader(
                        header="Cache-Control", value=cache_control, override=True
                    )
                ]
            ),
            security_headers_behavior=_security_headers(self._policy),
        )


def content_security_policy(sign_in: str, uploads: str) -> str:
    """Return the policy that the pages are made for (ADR 61): https://www.w3.org/TR/CSP3/

    sign_in, uploads: the origins of the sign-in pages and of the bucket with the videos
    """
    directives = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "connect-src": f"'self' {sign_in} {uploads}",
        "media-src": f"'self' blob: {uploads}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


def _security_headers(policy: str) -> cloudfront.ResponseSecurityHeadersBehavior:
    return cloudfront.ResponseSecurityHeadersBehavior(
        content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
            content_security_policy=policy, override=True
        ),
        content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
        frame_options=cloudfront.ResponseHeadersFrameOptions(
            frame_option=cloudfront.HeadersFrameOption.DENY, override=True
        ),
        referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
            referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
        ),
        strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
            access_control_max_age=A_YEAR, include_subdomains=True, override=True
        ),
    )


def _api(http: gateway.HttpApi) -> cloudfront.BehaviorOptions:
    """Pass everything on, the `Authorization` header included, and cache nothing.

    API Gateway finds the API by the host name, so it gets its own instead of CloudFront's.
    """
    return cloudfront.BehaviorOptions(
        origin=origins.HttpOrigin(
            f"{http.api_id}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}",
            protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
            origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
            read_timeout=API_TIMEOUT,
        ),
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
        allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
        cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
        origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        response_headers_policy=cloudfront.ResponseHeadersPolicy.SECURITY_HEADERS,
    )
