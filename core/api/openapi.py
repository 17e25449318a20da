"""What Swagger says of every endpoint; the apps' `schema.py` add the rest."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from drf_yasg import openapi
from drf_yasg.generators import OpenAPISchemaGenerator
from drf_yasg.inspectors import DrfAPICompatInspector, SwaggerAutoSchema
from drf_yasg.views import get_schema_view
from rest_framework.permissions import AllowAny

from core.api.problems import problem
from core.api.serializers import BaseSerializer
from core.errors import RuleBroken

API_INFO = openapi.Info(
    title="Event Booking & Attendance API",
    default_version="v1",
    description="""Create events with limited seats; let people find them, RSVP and wait in line.

**Try it here:** `POST /api/register/` (or use a demo login), `POST /api/login/`, copy `access`,
click **Authorize** and type `Bearer ` followed by it.

Every error is `application/problem+json` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)):
act on `code`; `errors` says which fields are at fault, `next_step` what to do instead.
A field that an endpoint does not have is a 400 `unknown_field`; read-only fields of its answer may
be sent back, and are ignored. Unknown query parameters are ignored. Times are ISO 8601, answered in
UTC.

`RateLimit-Policy` and `RateLimit` of each answer say which limits applied and what is left of
them: `"login";q=20;w=60` is 20 in 60 s, `"login";r=19;t=60` is 19 left for the next 60 s.""",
    license=openapi.License(name="MIT"),
)


def _references(node: Any) -> Iterator[str]:
    """Yield the names of the definitions that a part of the document refers to."""
    if isinstance(node, Mapping):
        if "$ref" in node:
            yield node["$ref"].rpartition("/")[2]
        node = node.values()
    elif not isinstance(node, list):
        return
    for child in node:
        yield from _references(child)


def _close_bodies(schema: Any) -> None:
    """Set `additionalProperties: false` for bodies that accept only their own fields.

    Responses stay open, because they may get new fields.
    """
    definitions = schema["definitions"]
    left = [
        name
        for path in schema["paths"].values()
        for operation in path.values()
        if isinstance(operation, Mapping)
        for name in _references(operation["responses"])
    ]
    answers: set[str] = set()
    while left:
        name = left.pop()
        if name not in answers:
            answers.add(name)
            left += _references(definitions[name])
    for name, definition in definitions.items():
        serializer = getattr(definition, "_NP_serializer", None)
        if name not in answers and serializer is not None and serializer.takes_own_fields_only():
            definition["additionalProperties"] = False


# A body for an endpoint whose path says everything.
EMPTY_BODY = openapi.Schema(type=openapi.TYPE_OBJECT, properties={}, additional_properties=False)


class Generator(OpenAPISchemaGenerator):
    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        """With the tags in the order in which a newcomer needs them."""
        schema = super().get_schema(request, public)
        _close_bodies(schema)
        schema["tags"] = [
            {"name": name}
            for name in (
                "accounts",
                "events",
                "RSVP",
                "check-in",
                "reviews",
                "analytics",
                "external events",
                "notifications",
                "calendars",
                "categories and tags",
            )
        ]
        return schema

    def get_path_parameters(self, path: str, view_cls: Any) -> list[openapi.Parameter]:
        """Ids are numbers, which drf-yasg cannot tell where a view has no queryset."""
        parameters: list[openapi.Parameter] = super().get_path_parameters(path, view_cls)
        for parameter in parameters:
            if parameter.name.endswith("id"):
                parameter.type = openapi.TYPE_INTEGER
        return parameters


schema_view = get_schema_view(
    API_INFO,
    public=True,
    permission_classes=[AllowAny],
    authentication_classes=[],
    generator_class=Generator,
)


# Of each status: what it means, and the code and detail of an example.
_ERRORS: dict[int, tuple[str, str, str]] = {
    400: ("A value is at fault", "validation_error", "Some values cannot be accepted."),
    401: (
        "No token, or one that is wrong, expired or revoked",
        "not_authenticated",
        "Authentication credentials were not provided.",
    ),
    403: (
        "Signed in, but not allowed",
        "permission_denied",
        "You do not have permission to perform this action.",
    ),
    404: ("Not there, or not for your eyes", "not_found", "There is no such thing here."),
    409: (
        "Refused because of the state of things",
        "event_full",
        "There is no seat for so many now.",
    ),
    413: ("The body is too large", "payload_too_large", "The body is too large."),
    415: (
        "The body is no JSON, nor a form (`multipart/form-data`) where files are taken",
        "unsupported_media_type",
        'Unsupported media type "text/plain" in request.',
    ),
    429: (
        "Too often; `Retry-After` says when to come back, `RateLimit` how each limit stands",
        "throttled",
        "Request was throttled. Expected available in 12 seconds.",
    ),
    503: (
        "Somebody that we depend on does not answer; `Retry-After` says when to come back",
        "provider_unavailable",
        "The provider does not answer now; try again in a moment.",
    ),
}
_LIMIT_HEADERS = {
    "Retry-After": {"type": openapi.TYPE_INTEGER, "description": "seconds"},
    "RateLimit-Policy": {"type": openapi.TYPE_STRING, "description": "quota `q` in `w` seconds"},
    "RateLimit": {"type": openapi.TYPE_STRING, "description": "`r` left for the next `t` seconds"},
}
_FIELD_ERROR = {"field": "title", "code": "blank", "detail": "This field may not be blank."}


def _problem_schema(example: dict[str, Any]) -> openapi.Schema:
    """With its example: Swagger UI shows `examples` only of the media type that is chosen."""
    return openapi.Schema(
        title="Problem",
        type=openapi.TYPE_OBJECT,
        required=["type", "title", "status", "detail", "code"],
        properties={
            "type": openapi.Schema(type=openapi.TYPE_STRING),
            "title": openapi.Schema(type=openapi.TYPE_STRING),
            "status": openapi.Schema(type=openapi.TYPE_INTEGER),
            "detail": openapi.Schema(type=openapi.TYPE_STRING),
            "code": openapi.Schema(type=openapi.TYPE_STRING, description="stable, for programs"),
            "next_step": openapi.Schema(type=openapi.TYPE_STRING, description="what to do instead"),
            "errors": openapi.Schema(
                type=openapi.TYPE_ARRAY,
                items=openapi.Schema(
                    type=openapi.TYPE_OBJECT,
                    properties={
                        name: openapi.Schema(type=openapi.TYPE_STRING)
                        for name in ("field", "code", "detail")
                    },
                ),
            ),
        },
        example=example,
    )


def example_body(serializer: type[BaseSerializer[Any]], body: dict[str, Any]) -> None:
    """Let "Try it out" start from a body that works."""
    meta = getattr(serializer, "Meta", object)
    fields = {"swagger_schema_fields": {"example": body}}
    serializer.Meta = type("Meta", (meta,), fields)  # type: ignore[attr-defined]


def problem_answer(status_code: int, refusals: Sequence[type[RuleBroken]]) -> openapi.Response:
    """With the first of the refusals as its example, or one that is usual for the status."""
    description, code, detail = _ERRORS[status_code]
    next_step = "join_waitlist" if status_code == 409 else ""
    if refusals:
        description = f"{description}: {', '.join(f'`{each.code}`' for each in refusals)}"
        code, detail, next_step = refusals[0].code, refusals[0].message, refusals[0].next_step
    example = problem(
        status_code=status_code,
        code=code,
        detail=detail,
        errors=[_FIELD_ERROR] if status_code == 400 else None,
        next_step=next_step,
    )
    headers = {"headers": _LIMIT_HEADERS} if status_code == 429 else {}
    return openapi.Response(description, _problem_schema(example), **headers)


class FilterInspector(DrfAPICompatInspector):
    """Tells of each query parameter what it may be, which drf-yasg's own leaves out."""

    def get_filter_backend_params(self, filter_backend: Any) -> list[openapi.Parameter]:
        filterset = filter_backend.get_filterset_class(self.view, self.view.queryset)
        return [
            openapi.Parameter(
                name=name,
                in_=openapi.IN_QUERY,
                description=str(each.label or ""),
                **self._kind(each),
            )
            for name, each in (filterset.base_filters.items() if filterset else ())
        ]

    def _kind(self, each: Any) -> dict[str, Any]:
        if each.extra.get("choices"):
            return {
                "type": openapi.TYPE_STRING,
                "enum": [word for word, _ in each.extra["choices"]],
            }
        if issubclass(each.field_class, forms.FloatField):  # an IntegerField too, to Django
            return {"type": openapi.TYPE_NUMBER}
        if issubclass(each.field_class, forms.IntegerField):
            return {"type": openapi.TYPE_INTEGER}
        if issubclass(each.field_class, forms.DateField):
            return {"type": openapi.TYPE_STRING, "format": openapi.FORMAT_DATE}
        return {"type": openapi.TYPE_STRING, "maxLength": each.extra.get("max_length")}


class ProblemAutoSchema(SwaggerAutoSchema):
    """Adds to each operation the errors it can answer, and its tag from the view."""

    filter_inspectors = [FilterInspector]

    def get_tags(self, operation_keys: list[str] | None = None) -> list[str]:
        tag = getattr(self.view, "swagger_tag", None)
        return [tag] if tag else list(super().get_tags(operation_keys))

    def get_summary_and_description(self) -> tuple[str, str]:
        """The docstring's first sentence stands beside the path."""
        summary, description = super().get_summary_and_description()
        return summary or re.split(r"\.\s", description)[0].rstrip("."), description

    def get_operation_id(self, operation_keys: list[str] | None = None) -> str:
        """`read` where one object is answered, though the path looks like a list's."""
        name: str = super().get_operation_id(operation_keys)
        return name if self.should_page() else re.sub("_list$", "_read", name)

    def get_security(self) -> list[dict[str, list[str]]] | None:
        open_to_all = AllowAny in getattr(self.view, "permission_classes", ())
        return [] if open_to_all else [{"Bearer": []}]

    def get_response_serializers(self) -> dict[str, Any]:
        """Success with its example, and every error."""
        answers: dict[str, Any] = {
            status_code: self._with_example(answer) if status_code.startswith("2") else answer
            for status_code, answer in super().get_response_serializers().items()
        }
        if "204" in answers:
            answers["204"] = openapi.Response("Done")
        for error in self._error_statuses():
            refusals = [each for each in self._told(type) if each.status == error]
            answers.setdefault(str(error), problem_answer(error, refusals))
        return answers

    def _with_example(self, answer: Any) -> Any:
        example = self.overrides.get("example")
        if example is None:
            return answer
        if self.should_page():
            beside = self.overrides.get("page", {})
            page = {"count": 1, "next": None, "previous": None}
            example = {**page, **beside, "results": [example]}
        description = self.overrides.get("answers", "")
        if isinstance(answer, openapi.Response):
            description, answer = answer.description, answer.schema
        return openapi.Response(
            description=description,
            schema=answer,
            examples={self.get_produces()[0]: example},
        )

    def _told(self, kind: type) -> list[Any]:
        """What the view tells of this method: statuses (int), or refusals by their classes."""
        told = getattr(self.view, "swagger_errors", {}).get(self.method, [])
        return [each for each in told if isinstance(each, kind)]

    def _error_statuses(self) -> set[int]:
        statuses = {429, *self._told(int), *(each.status for each in self._told(type))}
        if self.method in ("POST", "PUT", "PATCH"):
            statuses |= {400, 413, 415}
        if self.should_page():
            statuses |= {400, 404}
        if "{" in self.path:
            statuses.add(404)
        if self.get_security():
            statuses.add(401)
        return statuses
