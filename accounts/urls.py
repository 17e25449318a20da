from django.urls import path

from accounts.views import factors, login, profile, security

urlpatterns = [
    path("register/", login.RegisterView.as_view(), name="register"),
    path("login/", login.LoginView.as_view(), name="login"),
    path("login/2fa/", login.SecondFactorLoginView.as_view(), name="login-2fa"),
    path("login/passkey/", login.PasskeyLoginView.as_view(), name="login-passkey"),
    path("login/social/<slug:provider>/", login.ProviderLoginView.as_view(), name="login-social"),
    path("token/refresh/", login.RefreshView.as_view(), name="token-refresh"),
    path("logout/", login.LogoutView.as_view(), name="logout"),
    path("sessions/", security.SessionListView.as_view(), name="sessions"),
    path("sessions/<id:session_id>/", security.SessionView.as_view(), name="session"),
    path("reauthenticate/", security.ReauthenticateView.as_view(), name="reauthenticate"),
    path("reauthenticate/passkey/", security.PasskeyProofView.as_view(), name="passkey-proof"),
    path("password/change/", security.PasswordChangeView.as_view(), name="password-change"),
    path("password/reset/", security.PasswordResetView.as_view(), name="password-reset"),
    path(
        "password/reset/confirm/",
        security.PasswordResetConfirmView.as_view(),
        name="password-reset-confirm",
    ),
    path("email/verify/", security.EmailVerifyView.as_view(), name="email-verify"),
    path("email/verify/resend/", security.EmailResendView.as_view(), name="email-resend"),
    path("email/change/", security.EmailChangeView.as_view(), name="email-change"),
    path("email/change/undo/", security.EmailChangeUndoView.as_view(), name="email-change-undo"),
    path("2fa/totp/", factors.TotpView.as_view(), name="totp"),
    path("2fa/recovery-codes/", factors.RecoveryCodesView.as_view(), name="recovery-codes"),
    path("passkeys/", factors.PasskeyListView.as_view(), name="passkeys"),
    path("passkeys/<id:passkey_id>/", factors.PasskeyView.as_view(), name="passkey"),
    path("users/social/", factors.LinkListView.as_view(), name="links"),
    path("users/social/<slug:provider>/", factors.LinkView.as_view(), name="link"),
    path("users/profile/", profile.ProfileView.as_view(), name="profile"),
    path("users/phone/verify/", profile.PhoneVerifyView.as_view(), name="phone-verify"),
    path("users/profile/export/", profile.ExportView.as_view(), name="export"),
]
