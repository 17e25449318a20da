"""Reviews over HTTP."""

from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import signed_in
from accounts.permissions import AdminsOnly
from events.exceptions import EventCancelled
from events.models import Event
from events.selectors import get_visible
from reviews import openapi, permissions, selectors, services
from reviews.exceptions import (
    AlreadyReviewed,
    AuthorOnly,
    EventNotOver,
    NotAttended,
    OwnerReplies,
    OwnEvent,
    ReviewHidden,
)
from reviews.models import Review
from reviews.serializers import (
    HideInputSerializer,
    ReplyInputSerializer,
    ReviewChangeSerializer,
    ReviewInputSerializer,
    ReviewSerializer,
)


class ReviewListView(generics.GenericAPIView[Review]):
    """What people say of an event."""

    queryset = Review.objects.none()
    serializer_class = ReviewSerializer
    swagger_tag = "reviews"
    swagger_errors = {
        "POST": [
            OwnEvent,
            NotAttended,
            AlreadyReviewed,
            EventNotOver,
            EventCancelled,
        ]
    }

    @swagger_auto_schema(**openapi.REVIEWS)
    def get(self, request: Request, event_id: int) -> Response:
        """Reviews of an event, newest first. Hidden reviews are shown to their author and to
        admins."""
        user = signed_in(request)
        event = get_visible(event_id=event_id, user=user)
        page = self.paginate_queryset(selectors.reviews_of(event=event, user=user))
        return self.get_paginated_response(ReviewSerializer(page, many=True).data)

    @swagger_auto_schema(**openapi.REVIEW_CREATE)
    def post(self, request: Request, event_id: int) -> Response:
        """Review an event that I attended, once it is over.

        People with a seat count as attendees; if anybody was checked in, only people who were
        checked in, or confirmed their walk-in. After an edit that moved the end to an earlier
        time, reviews open an hour after that edit at the earliest (`opens_at`).
        """
        serializer = ReviewInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        review = services.submit_review(
            event_id=event_id, author=signed_in(request), **serializer.validated_data
        )
        return _shown(review, status.HTTP_201_CREATED)


class _OfOneReview(APIView):
    swagger_tag = "reviews"

    def get_review(self, event_id: int, review_id: int) -> tuple[Event, Review]:
        """As far as the person may see it. Raises EventNotFound and ReviewNotFound."""
        user = signed_in(self.request)
        event = get_visible(event_id=event_id, user=user)
        return event, selectors.get_review(review_id=review_id, event=event, user=user)


class ReviewView(_OfOneReview):
    swagger_errors = {
        "PUT": [AuthorOnly],
        "PATCH": [AuthorOnly],
        "DELETE": [AuthorOnly, ReviewHidden],
    }

    @swagger_auto_schema(**openapi.REVIEW_READ)
    def get(self, request: Request, event_id: int, review_id: int) -> Response:
        """One review."""
        _, review = self.get_review(event_id, review_id)
        return _shown(review)

    @swagger_auto_schema(**openapi.REVIEW_CHANGE)
    def put(self, request: Request, event_id: int, review_id: int) -> Response:
        """Change my review; fields left out stay."""
        return self._change(request, event_id, review_id)

    @swagger_auto_schema(**openapi.REVIEW_CHANGE)
    def patch(self, request: Request, event_id: int, review_id: int) -> Response:
        """Change my review; fields left out stay."""
        return self._change(request, event_id, review_id)

    def _change(self, request: Request, event_id: int, review_id: int) -> Response:
        _, review = self.get_review(event_id, review_id)
        permissions.check_may_edit(signed_in(request), review)
        serializer = ReviewChangeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return _shown(services.edit_review(review_id=review.pk, changes=serializer.validated_data))

    @swagger_auto_schema(responses={204: "Gone"})
    def delete(self, request: Request, event_id: int, review_id: int) -> Response:
        """Delete my review, unless an admin has hidden it, or as an admin anybody's."""
        _, review = self.get_review(event_id, review_id)
        user = signed_in(request)
        permissions.check_may_delete(user, review)
        services.delete_review(review_id=review.pk, by=user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ReplyView(_OfOneReview):
    swagger_errors = {"PUT": [OwnerReplies], "DELETE": [OwnerReplies]}

    @swagger_auto_schema(**openapi.REPLY)
    def put(self, request: Request, event_id: int, review_id: int) -> Response:
        """Reply to a review of my event; a second reply takes the place of the first."""
        event, review = self.get_review(event_id, review_id)
        permissions.check_may_reply(signed_in(request), event)
        serializer = ReplyInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return _shown(
            services.reply_to_review(
                review_id=review.pk, by=signed_in(request), **serializer.validated_data
            )
        )

    @swagger_auto_schema(responses={204: "Gone"})
    def delete(self, request: Request, event_id: int, review_id: int) -> Response:
        """Take my reply back."""
        event, review = self.get_review(event_id, review_id)
        permissions.check_may_reply(signed_in(request), event)
        services.delete_reply(review_id=review.pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class HideView(_OfOneReview):
    permission_classes = [IsAuthenticated, AdminsOnly]
    admin_model = Review
    admin_actions = {"POST": "change", "DELETE": "change"}
    swagger_errors = {"POST": [403], "DELETE": [403]}

    @swagger_auto_schema(**openapi.HIDE)
    def post(self, request: Request, event_id: int, review_id: int) -> Response:
        """Hide a review (admins). It counts for nothing then, and its author sees the reason."""
        _, review = self.get_review(event_id, review_id)
        serializer = HideInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return _shown(
            services.hide_review(
                review_id=review.pk, by=signed_in(request), **serializer.validated_data
            )
        )

    @swagger_auto_schema(responses={204: "Shown"})
    def delete(self, request: Request, event_id: int, review_id: int) -> Response:
        """Let a hidden review be seen and count again (admins)."""
        _, review = self.get_review(event_id, review_id)
        services.show_review(review_id=review.pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _shown(review: Review, status_code: int = status.HTTP_200_OK) -> Response:
    return Response(ReviewSerializer(review).data, status=status_code)
