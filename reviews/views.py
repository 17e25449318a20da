"""API views of reviews."""

from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import signed_in
from accounts.permissions import AdminsOnly
from core.api.requests import read, validated
from core.errors import BadValue
from events.exceptions import EventCancelled
from events.models import Event
from events.selectors import get_visible
from reviews import openapi, permissions, selectors, serializers, services
from reviews.exceptions import (
    AlreadyReviewed,
    AuthorOnly,
    EventNotOver,
    NotAttended,
    OwnerReplies,
    OwnEvent,
    ReviewHidden,
)
from reviews.filters import ReviewFilter
from reviews.models import Review


class OwnReviewListView(generics.GenericAPIView[Review]):
    queryset = Review.objects.none()
    serializer_class = serializers.OwnReviewSerializer
    filterset_class = ReviewFilter
    swagger_tag = "reviews"

    @swagger_auto_schema(**openapi.OWN_REVIEWS)
    def get(self, request: Request) -> Response:
        """List my reviews (`mine=true`) or those of my events (`of_my_events=true`), newest first.

        Send one of the parameters; with both, both conditions hold. Hidden reviews are listed for
        their authors and admins only.
        """
        filters = validated(ReviewFilter(request.query_params, Review.objects.none()))
        are_mine, are_of_my_events = (
            filters.params[name] == "true" for name in ("mine", "of_my_events")
        )
        if not (are_mine or are_of_my_events):
            raise BadValue("mine", "required", "Send mine=true or of_my_events=true.")
        reviews = selectors.own_reviews(
            user=signed_in(request), are_mine=are_mine, are_of_my_events=are_of_my_events
        )
        page = self.paginate_queryset(reviews)
        return self.get_paginated_response(serializers.OwnReviewSerializer(page, many=True).data)


class ReviewListView(generics.GenericAPIView[Review]):
    queryset = Review.objects.none()
    serializer_class = serializers.ReviewSerializer
    swagger_tag = "reviews"
    swagger_errors = {
        "POST": [OwnEvent, NotAttended, AlreadyReviewed, EventNotOver, EventCancelled]
    }

    @swagger_auto_schema(**openapi.REVIEWS)
    def get(self, request: Request, event_id: int) -> Response:
        """Reviews of an event, newest first. Only authors and admins see hidden ones."""
        user = signed_in(request)
        event = get_visible(event_id=event_id, user=user)
        page = self.paginate_queryset(selectors.reviews_of(event=event, user=user))
        return self.get_paginated_response(serializers.ReviewSerializer(page, many=True).data)

    @swagger_auto_schema(**openapi.REVIEW_CREATE)
    def post(self, request: Request, event_id: int) -> Response:
        """Review an event that I attended, once it is over.

        People with a seat count as attendees. If check-in was used, only people who were checked
        in, or confirmed their walk-in, count. After an edit that moved the end to an earlier
        time, reviews open an hour after that edit at the earliest (`opens_at`).
        """
        params = read(serializers.ReviewInputSerializer, request)
        review = services.submit_review(event_id=event_id, author=signed_in(request), **params)
        return _response(review, status.HTTP_201_CREATED)


class _ReviewView(APIView):
    swagger_tag = "reviews"

    def get_review(self, event_id: int, review_id: int) -> tuple[Event, Review]:
        """Raises EventNotFound and ReviewNotFound, also for what the person may not see."""
        user = signed_in(self.request)
        event = get_visible(event_id=event_id, user=user)
        return event, selectors.get_review(review_id=review_id, event=event, user=user)


class ReviewView(_ReviewView):
    swagger_errors = {
        "PUT": [AuthorOnly],
        "PATCH": [AuthorOnly],
        "DELETE": [AuthorOnly, ReviewHidden],
    }

    @swagger_auto_schema(**openapi.REVIEW_READ)
    def get(self, request: Request, event_id: int, review_id: int) -> Response:
        """One review."""
        _, review = self.get_review(event_id, review_id)
        return _response(review)

    @swagger_auto_schema(**openapi.REVIEW_CHANGE)
    def patch(self, request: Request, event_id: int, review_id: int) -> Response:
        """Change my review. Missing fields stay unchanged."""
        _, review = self.get_review(event_id, review_id)
        permissions.check_may_edit(signed_in(request), review)
        changes = read(serializers.ReviewChangeSerializer, request)
        return _response(services.edit_review(review_id=review.pk, changes=changes))

    put = patch

    def delete(self, request: Request, event_id: int, review_id: int) -> Response:
        """Delete my review, unless an admin has hidden it. Admins can delete any review."""
        _, review = self.get_review(event_id, review_id)
        user = signed_in(request)
        permissions.check_may_delete(user, review)
        services.delete_review(review_id=review.pk, by=user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ReplyView(_ReviewView):
    swagger_errors = {"PUT": [OwnerReplies], "DELETE": [OwnerReplies]}

    @swagger_auto_schema(**openapi.REPLY)
    def put(self, request: Request, event_id: int, review_id: int) -> Response:
        """Reply to a review of my event. A new reply replaces an earlier one."""
        event, review = self.get_review(event_id, review_id)
        permissions.check_may_reply(signed_in(request), event)
        params = read(serializers.ReplyInputSerializer, request)
        by = signed_in(request)
        return _response(services.reply_to_review(review_id=review.pk, by=by, **params))

    def delete(self, request: Request, event_id: int, review_id: int) -> Response:
        """Delete my reply."""
        event, review = self.get_review(event_id, review_id)
        permissions.check_may_reply(signed_in(request), event)
        services.delete_reply(review_id=review.pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class HideView(_ReviewView):
    permission_classes = [IsAuthenticated, AdminsOnly]
    admin_model = Review
    admin_actions = {"POST": "change", "DELETE": "change"}
    swagger_errors = {"POST": [403], "DELETE": [403]}

    @swagger_auto_schema(**openapi.HIDE)
    def post(self, request: Request, event_id: int, review_id: int) -> Response:
        """Hide a review (admins). It no longer counts, and its author sees the reason."""
        _, review = self.get_review(event_id, review_id)
        params = read(serializers.HideInputSerializer, request)
        by = signed_in(request)
        return _response(services.hide_review(review_id=review.pk, by=by, **params))

    def delete(self, request: Request, event_id: int, review_id: int) -> Response:
        """Show a hidden review, which counts again (admins)."""
        _, review = self.get_review(event_id, review_id)
        services.show_review(review_id=review.pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _response(review: Review, status_code: int = status.HTTP_200_OK) -> Response:
    return Response(serializers.ReviewSerializer(review).data, status=status_code)
