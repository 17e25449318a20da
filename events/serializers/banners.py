"""Banners: an uploaded file in requests, URLs in responses."""

from collections.abc import Mapping
from typing import Any

from core.api import serializers
from events.selectors import banner_urls


class BannerSerializer(serializers.Serializer[str]):
    """The URLs of a banner by its key, or null."""

    small = serializers.URLField(help_text="400 × 200 pixels.")
    medium = serializers.URLField(help_text="800 × 400.")
    large = serializers.URLField(help_text="1600 × 800.")

    class Meta:
        ref_name = "Banner"

    def to_representation(self, key: Any) -> Any:
        request = self.context.get("request")
        return banner_urls(key, base=request.build_absolute_uri("/") if key and request else "")


class BannerUploadField(serializers.FileField):
    """A file in a form. Null, or an empty value in a form, removes the banner and is read as "".

    The URLs of a response can be sent back, which changes nothing.
    """

    default_error_messages = {
        "invalid": "Send the banner as a file in a form (multipart/form-data)."
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_null=True, allow_empty_file=True, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if isinstance(data, Mapping) and data.keys() == BannerSerializer().fields.keys():
            raise serializers.SkipField
        upload = super().run_validation(None if data == "" else data)
        return "" if upload is None else upload
