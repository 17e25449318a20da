"""The OpenAPI description of every endpoint; the `openapi.py` of each app adds to it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django import forms
from drf_yasg import openapi
from drf_yasg.generators import OpenAPISchemaGenerator
from drf_yasg.inspectors import DrfAPICompatInspector, SwaggerAutoSchema
from drf_yasg.views import get_schema_view
from rest_framework.permissions import AllowAny

from core.api.idempotency import HEADER, MAX_LENGTH, honours_keys
from core.api.problems import problem
from core.api.serializers import BaseSerializer
from core.errors import IdempotencyKeyReused, RequestInProgress, RuleBroken

API_INFO = openapi.Info(
    title="Event Booking & Attendance API",
    default_version="v1",
    description="""Create events with limited seats; let people find them, RSVP and wait for a seat.

**Try it here:** `POST /api/register/` (or use a demo login), `POST /api/login/`, copy `access`,
click **Authorize** and type `Bearer ` followed by it.

Every error is `application/problem+json` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)):
programs act on `code`; `errors` lists the invalid fields; `next_step` says what to do instead.
A field that an endpoint does not have is a 400 `unknown_field`. Read-only fields of a response may
be sent back and are ignored. Unknown query parameters are ignored. Times are ISO 8601; responses
have them in UTC.

The headers `RateLimit-Policy` and `RateLimit` show the limits of a request and what is left of
them: `"login";q=20;w=60` means 20 in 60 seconds, `"login";r=19;t=60` means 19 left for the next 60
seconds.""",
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


def _drop_overridden_parameters(schema: Any) -> None:
    """Remove parameters of a path that all its operations describe themselves.

    The override is valid, but client generators read both and write a function with two
    parameters of one name.
    """
    for item in schema.paths.values():
        own = [
            {parameter.name for parameter in operation.parameters}
            for _, operation in item.operations
        ]
        item["parameters"] = [
            parameter
            for parameter in item.get("parameters", [])
            if not all(parameter.name in names for names in own)
        ]


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
    used_by_responses: set[str] = set()
    while left:
        name = left.pop()
        if name not in used_by_responses:
            used_by_responses.add(name)
            left += _references(definitions[name])
    for name, definition in definitions.items():
        serializer = getattr(definition, "_NP_serializer", None)
        if name in used_by_responses or serializer is None:
            continue
        if serializer.takes_own_fields_only():
            definition["additionalProperties"] = False


_TAGS = [
    "accounts", "events", "series", "ticket types and codes", "RSVP", "payments", "check-in",
    "reviews", "analytics", "external events", "notifications", "calendars", "categories and tags",
]  # fmt: skip
# The body of endpoints that need none.
EMPTY_BODY = openapi.Schema(type=openapi.TYPE_OBJECT, properties={}, additional_properties=False)


class Generator(OpenAPISchemaGenerator):
    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        """Add the tags, in the order in which a newcomer needs them."""
        schema = super().get_schema(request, public)
        _close_bodies(schema)
        _drop_overridden_parameters(schema)
        schema["tags"] = [{"name": name} for name in _TAGS]
        return schema

    def get_path_parameters(self, path: str, view_cls: Any) -> list[openapi.Parameter]:
        """Describe ids as integers, which drf-yasg can't know for views without a queryset."""
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


# For each status: its description, and the code and detail of an example.
_ERRORS: dict[int, tuple[str, str, str]] = {
    400: ("A value is invalid", "validation_error", "Some values are invalid."),
    401: (
        "The token is missing, wrong, expired or revoked",
        "not_authenticated",
        "Authentication credentials were not provided.",
    ),
    403: (
        "You are signed in, but not allowed to do this",
        "permission_denied",
        "You do not have permission to perform this action.",
    ),
    404: ("It does not exist, or you may not see it", "not_found", "Not found."),
    409: (
        "The present state does not allow it",
        "event_full",
        "Not enough seats are available for your party. Join the waitlist or bring fewer guests.",
    ),
    413: ("The body is too large", "payload_too_large", "The body is too large."),
    415: (
        "The body is not JSON, or not a form (`multipart/form-data`) where a file is uploaded",
        "unsupported_media_type",
        'Unsupported media type "text/plain" in request.',
    ),
    422: (
        "The `Idempotency-Key` belongs to another request",
        IdempotencyKeyReused.code,
        IdempotencyKeyReused.message,
    ),
    429: (
        "Too many requests; `Retry-After` says when to try again, `RateLimit` what is left",
        "throttled",
        "Request was throttled. Expected available in 12 seconds.",
    ),
    503: (
        "A service that this needs is not responding; `Retry-After` says when to try again",
        "provider_unavailable",
        "The provider is not responding. Try again in a moment.",
    ),
}
_KEY = openapi.Parameter(
    HEADER,
    openapi.IN_HEADER,
    "Sent again with the same key within 24 hours, the request gets its first response.",
    type=openapi.TYPE_STRING,
    max_length=MAX_LENGTH,
)
_LIMIT_HEADERS = {
    "Retry-After": {"type": openapi.TYPE_INTEGER, "description": "seconds"},
    "RateLimit-Policy": {"type": openapi.TYPE_STRING, "description": "quota `q` in `w` seconds"},
    "RateLimit": {"type": openapi.TYPE_STRING, "description": "`r` left for the next `t` seconds"},
}
_FIELD_ERROR = {"field": "title", "code": "blank", "detail": "This field may not be blank."}


def _text(description: str | None = None) -> openapi.Schema:
    return openapi.Schema(type=openapi.TYPE_STRING, description=description)


def _problem_schema(example: dict[str, Any]) -> openapi.Schema:
    """Return the schema of a problem with its example inside.

    Swagger UI shows `examples` of the selected media type only.
    """
    error = {name: _text() for name in ("field", "code", "detail")}
    errors = openapi.Schema(type=openapi.TYPE_OBJECT, properties=error)
    return openapi.Schema(
        title="Problem",
        type=openapi.TYPE_OBJECT,
        required=["type", "title", "status", "detail", "code"],
        properties={
            "type": _text(),
            "title": _text(),
            "status": openapi.Schema(type=openapi.TYPE_INTEGER),
            "detail": _text(),
            "code": _text("stable, for programs"),
            "next_step": _text("what to do instead"),
            "errors": openapi.Schema(type=openapi.TYPE_ARRAY, items=errors),
        },
        example=example,
    )


def example_body(serializer: type[BaseSerializer[Any]], body: dict[str, Any]) -> None:
    """Set the body that "Try it out" starts with."""
    meta = getattr(serializer, "Meta", object)
    fields = {"swagger_schema_fields": {"example": body}}
    serializer.Meta = type("Meta", (meta,), fields)  # type: ignore[attr-defined]


def describe(
    answers: str,
    example: Any,
    serializer: Any = None,
    *,
    body: Any = None,
    status: Iterable[int] = (200,),
    **options: Any,
) -> dict[str, Any]:
    """Return the arguments of `swagger_auto_schema`: the response, and the body if there is one."""
    responses = {"responses": dict.fromkeys(status, serializer)} if serializer else {}
    request = {} if body is None else {"request_body": body}
    return {"example": example, "answers": answers} | responses | request | options


def query_parameters(filters: Any) -> list[openapi.Parameter]:
    """Describe the parameters of a filter set, for views without a filter backend."""
    return [
        openapi.Parameter(
            name,
            openapi.IN_QUERY,
            str(param.label),
            type=openapi.TYPE_STRING,
            **({"format": openapi.FORMAT_DATE} if name.startswith("date") else {}),
        )
        for name, param in filters.base_filters.items()
    ]


def problem_response(status_code: int, refusals: Sequence[type[RuleBroken]]) -> openapi.Response:
    """Describe an error; the example is the first refusal, or the usual one of the status."""
    description, code, detail = _ERRORS[status_code]
    next_step = "join_waitlist" if status_code == 409 else ""
    if refusals:
        codes = dict.fromkeys(f"`{refusal.code}`" for refusal in refusals)
        description = f"{description}: {', '.join(codes)}"
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
    """Describe the type and choices of each query parameter; drf-yasg's own does not."""

    def get_filter_backend_params(self, filter_backend: Any) -> list[openapi.Parameter]:
        filterset = filter_backend.get_filterset_class(self.view, self.view.queryset)
        if filterset is None:
            return []
        filters = filterset.base_filters
        deprecated: Mapping[str, str] = getattr(filterset, "deprecated_names", {})
        old = {name: filters.get(name, filters[new]) for name, new in deprecated.items()}
        return [
            openapi.Parameter(
                name=name,
                in_=openapi.IN_QUERY,
                **self._type_of(query_filter),
                **(
                    {"description": f"Deprecated: use `{deprecated[name]}`.", "x_deprecated": True}
                    if name in deprecated
                    else {"description": str(query_filter.label or "")}
                ),
            )
            for name, query_filter in (filters | old).items()
        ]

    def _type_of(self, query_filter: Any) -> dict[str, Any]:
        if query_filter.extra.get("choices"):
            return {
                "type": openapi.TYPE_STRING,
                "enum": [value for value, _ in query_filter.extra["choices"]],
            }
        field_class = query_filter.field_class
        if issubclass(field_class, forms.FloatField):  # a subclass of IntegerField in Django
            return {"type": openapi.TYPE_NUMBER}
        if issubclass(field_class, forms.IntegerField):
            return {"type": openapi.TYPE_INTEGER}
        if issubclass(field_class, forms.DateField):
            return {"type": openapi.TYPE_STRING, "format": openapi.FORMAT_DATE}
        return {"type": openapi.TYPE_STRING, "maxLength": query_filter.extra.get("max_length")}


class ProblemAutoSchema(SwaggerAutoSchema):
    """Add to each operation its possible errors, and the tag of its view."""

    filter_inspectors = [FilterInspector]

    def get_tags(self, operation_keys: list[str] | None = None) -> list[str]:
        tag = getattr(self.view, "swagger_tag", None)
        return [tag] if tag else list(super().get_tags(operation_keys))

    def get_summary_and_description(self) -> tuple[str, str]:
        """Use the first sentence of the docstring as the summary."""
        summary, description = super().get_summary_and_description()
        return summary or re.split(r"\.\s", description)[0].rstrip("."), description

    def get_operation_id(self, operation_keys: list[str] | None = None) -> str:
        """End in `read` if the response is one object, even where the path looks like a list's."""
        name: str = super().get_operation_id(operation_keys)
        return name if self.should_page() else re.sub("_list$", "_read", name)

    def get_security(self) -> list[dict[str, list[str]]] | None:
        open_to_all = AllowAny in getattr(self.view, "permission_classes", ())
        return [] if open_to_all else [{"Bearer": []}]

    def add_manual_parameters(self, parameters: list[Any]) -> list[Any]:
        """Add the header of requests that may be repeated."""
        keys = [_KEY] if self._has_key() else []
        return [*super().add_manual_parameters(parameters), *keys]

    def _has_key(self) -> bool:
        return self.method == "POST" and honours_keys(self.view)

    def get_response_serializers(self) -> dict[str, Any]:
        """Return the successful response with its example, and every error."""
        responses: dict[str, Any] = {
            status_code: self._with_example(response) if status_code.startswith("2") else response
            for status_code, response in super().get_response_serializers().items()
        }
        if "204" in responses:
            responses["204"] = openapi.Response("Done")
        for status_code in self._error_statuses():
            refusals = [error for error in self._errors(type) if error.status == status_code]
            responses.setdefault(str(status_code), problem_response(status_code, refusals))
        return responses

    def _with_example(self, response: Any) -> Any:
        example = self.overrides.get("example")
        if example is None:
            return response
        if self.should_page():
            beside = self.overrides.get("page", {})
            page = {"count": 1, "next": None, "previous": None}
            example = {**page, **beside, "results": [example]}
        description = self.overrides.get("answers", "")
        if isinstance(response, openapi.Response):
            description, response = response.description, response.schema
        return openapi.Response(
            description=description, schema=response, examples={self.get_produces()[0]: example}
        )

    def _errors(self, kind: type) -> list[Any]:
        """Return the view's `swagger_errors` of this method: statuses (int) or refusals (type)."""
        errors = [*getattr(self.view, "swagger_errors", {}).get(self.method, [])]
        if self._has_key():
            errors += [RequestInProgress, IdempotencyKeyReused]
        return [error for error in errors if isinstance(error, kind)]

    def _error_statuses(self) -> set[int]:
        statuses = {429, *self._errors(int), *(error.status for error in self._errors(type))}
        if self.method in ("POST", "PUT", "PATCH"):
            statuses |= {400, 413, 415}
        if self.should_page():
            statuses |= {400, 404}
        if "{" in self.path:
            statuses.add(404)
        if self.get_security():
            statuses.add(401)
        return statuses
