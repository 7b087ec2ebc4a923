"""Gives MiniStack's HTTP API the routes that its template describes.

API Gateway reads integrations, authorizers and routes from the OpenAPI body that the SAM transform makes;
MiniStack makes the API and ignores the body. So this reads the same body, from the template as it was
deployed: a route exists here if and only if it will exist on AWS.
"""

from __future__ import annotations

from . import cloud
from .intrinsics import DeployedStack


def create_routes(stack: DeployedStack) -> list[str]:
    """Replaces the routes of the stack's one HTTP API. Returns their keys, such as `GET /v1/me`."""
    [(name, resource)] = stack.of_type("AWS::ApiGatewayV2::Api").items()
    body = stack.resolve(resource["Properties"]["Body"])
    api = Api(stack.physical_ids[name])

    api.clear()
    if cors := body.get("x-amazon-apigateway-cors"):
        # MiniStack's SAM transform is not told the parameters' values and has filled in the default.
        origins = stack.resolve({"Fn::Split": [",", {"Ref": "AllowedOrigins"}]})
        api.allow_origins(cors | {"allowOrigins": origins})
    authorizers = {
        scheme: api.add_authorizer(scheme, definition["x-amazon-apigateway-authorizer"])
        for scheme, definition in body["components"]["securitySchemes"].items()
    }
    integrations: dict[str, str] = {}
    routes = []
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            integration = operation["x-amazon-apigateway-integration"]
            uri = integration["uri"]
            if uri not in integrations:
                integrations[uri] = api.add_integration(integration)
            [scheme] = operation["security"][0]
            api.add_route(route := f"{method.upper()} {path}", integrations[uri], authorizers.get(scheme))
            routes.append(route)
    return sorted(routes)


class Api:
    """One HTTP API, through the calls that its import on AWS stands for."""

    def __init__(self, api_id: str) -> None:
        self._id = {"ApiId": api_id}
        self._client = cloud.client("apigatewayv2")

    def clear(self) -> None:
        for kind in ("Route", "Integration", "Authorizer"):
            listed = getattr(self._client, f"get_{kind.lower()}s")(**self._id)
            for item in listed["Items"]:
                getattr(self._client, f"delete_{kind.lower()}")(
                    **self._id, **{f"{kind}Id": item[f"{kind}Id"]}
                )

    def allow_origins(self, cors: dict) -> None:
        self._client.update_api(
            **self._id, CorsConfiguration={key[0].upper() + key[1:]: v for key, v in cors.items()}
        )

    def add_authorizer(self, name: str, definition: dict) -> str:
        jwt = definition["jwtConfiguration"]
        return self._client.create_authorizer(
            **self._id,
            Name=name,
            AuthorizerType=definition["type"].upper(),
            IdentitySource=[definition["identitySource"]],
            JwtConfiguration={"Audience": jwt["audience"], "Issuer": jwt["issuer"]},
        )["AuthorizerId"]

    def add_integration(self, integration: dict) -> str:
        return self._client.create_integration(
            **self._id,
            IntegrationType=integration["type"].upper(),
            IntegrationUri=integration["uri"],
            IntegrationMethod=integration["httpMethod"],
            PayloadFormatVersion=integration["payloadFormatVersion"],
        )["IntegrationId"]

    def add_route(self, key: str, integration: str, authorizer: str | None) -> None:
        """A route without an authorizer is open, as `Authorizer: NONE` in the template says."""
        authorization = {"AuthorizationType": "JWT", "AuthorizerId": authorizer} if authorizer else {}
        self._client.create_route(
            **self._id, RouteKey=key, Target=f"integrations/{integration}", **authorization
        )
