"""Views of payments: the API, webhooks, and the page of the test provider."""
