"""A site to sign in to: Django with its own login form, one-time codes, JSON web tokens, an OpenID
provider and SAML.

    django_site.py FOLDER

FOLDER holds its database and is made by it. It listens on a free port of 127.0.0.1, prints that
port, and serves until it is ended; TLS is somebody else's in front of it. The password of its users
`probe` and `locked` (who may not log in) is read from the first line of standard input, and from the
second the key of the one-time codes of `coded` and `coded-later`, in hexadecimal. A code holds 5 s.

    /                 for those who are logged in
    /accounts/login/  Django's form
    /otp/login/       the same with a field for a one-time code (django-otp)
    /account/login/   the code is asked for on a second page (django-two-factor-auth)
    /saml/            for those who log in by SAML (pysaml2; see saml.py)
    /api/token        username and password as JSON, for a JSON web token (simplejwt)
    /api/me           for its bearer
    /o/               an OpenID provider (django-oauth-toolkit), with the clients
                      app     public, PKCE, back to https://app.test/callback; asks for consent
                      legacy  confidential, with the password grant, secret `legacy-secret`
                      probe   confidential, with the client credentials grant; its secret is the
                              password
    /whoami           for the bearer of one of its tokens
"""

import socketserver
import sys
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

import saml

FOLDER = Path(sys.argv[1])
PASSWORD = sys.stdin.readline().rstrip("\n")
CODES_KEY = sys.stdin.readline().strip()

LOGIN_PAGE = """<!doctype html><title>Sign in</title>
<form method="post">{% csrf_token %}{{ form.as_p }}
<input type="hidden" name="next" value="{{ next }}"><button>Log in</button></form>"""

CODE_PAGE = """<!doctype html><title>Sign in</title>
<form method="post">{% csrf_token %}{{ form.non_field_errors }}
<p>{{ form.username.label_tag }} {{ form.username }}
<p>{{ form.password.label_tag }} {{ form.password }}
<p>{{ form.otp_token.label_tag }} {{ form.otp_token }}
{% if form.get_user %}<p>{{ form.otp_device.label_tag }} {{ form.otp_device }}
<button name="otp_challenge" value="1">Get challenge</button>{% endif %}
<input type="hidden" name="next" value="/"><button>Log in</button></form>"""

HOME_PAGE = """<!doctype html><title>Home</title><p>Welcome, {{ user.username }}</p>
<form method="post" action="/accounts/logout/">{% csrf_token %}<button>Log out</button></form>"""


def rsa_key():
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(*form, serialization.NoEncryption()).decode()


def configure():
    settings.configure(
        DEBUG=False,
        SECRET_KEY="only for tests, and long enough for the tokens' signature",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django_otp",
            "django_otp.plugins.otp_static",
            "django_otp.plugins.otp_totp",
            "two_factor",
            "rest_framework",
            "oauth2_provider",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django_otp.middleware.OTPMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        TEMPLATES=[{
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [
                    ("django.template.loaders.locmem.Loader", {
                        "registration/login.html": LOGIN_PAGE,
                        "code.html": CODE_PAGE,
                        "home.html": HOME_PAGE,
                    }),
                    "django.template.loaders.app_directories.Loader",
                ],
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ],
            },
        }],
        DATABASES={"default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": FOLDER / "site.sqlite3",
            # Who will write waits for the others before it reads.
            "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
        }},
        # A cheap one: verdicts are tested here, and not hash functions.
        PASSWORD_HASHERS=["django.contrib.auth.hashers.ScryptPasswordHasher"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        LOGIN_URL="/accounts/login/",
        LOGIN_REDIRECT_URL="/",
        LOGOUT_REDIRECT_URL="/accounts/login/",
        USE_TZ=True,
        # Right and wrong codes of one account come at the same time here.
        OTP_TOTP_THROTTLE_FACTOR=0,
        REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [
            "rest_framework_simplejwt.authentication.JWTAuthentication",
        ]},
        OAUTH2_PROVIDER={
            "OIDC_ENABLED": True,
            "OIDC_RSA_PRIVATE_KEY": rsa_key(),
            "OIDC_RP_INITIATED_LOGOUT_ENABLED": True,
            "OIDC_RP_INITIATED_LOGOUT_ALWAYS_PROMPT": True,
            "PKCE_REQUIRED": True,
            "SCOPES": {"openid": "OpenID", "read": "Read"},
        },
    )


def fill():
    from django.contrib.auth import get_user_model
    from django_otp.plugins.otp_totp.models import TOTPDevice
    from oauth2_provider.models import get_application_model

    call_command("migrate", verbosity=0)
    users = get_user_model().objects
    user = users.create_user("probe", password=PASSWORD)
    users.create_user("locked", password=PASSWORD, is_active=False)
    for name in ("coded", "coded-later"):
        coded = users.create_user(name, password=PASSWORD)
        TOTPDevice.objects.create(user=coded, name="default", key=CODES_KEY, step=5)
    applications = get_application_model().objects
    applications.create(
        name="App", client_id="app", client_type="public", user=user, algorithm="RS256",
        authorization_grant_type="authorization-code", redirect_uris="https://app.test/callback",
    )
    applications.create(
        name="Legacy", client_id="legacy", client_secret="legacy-secret", user=user,
        client_type="confidential", authorization_grant_type="password",
    )
    applications.create(
        name="Robot", client_id="probe", client_secret=PASSWORD, user=user,
        client_type="confidential", authorization_grant_type="client-credentials",
    )


def urls():
    from django.contrib.auth import views
    from django.contrib.auth.decorators import login_required
    from django.http import JsonResponse
    from django.shortcuts import render
    from django.urls import include, path
    from django_otp.views import LoginView as LoginWithCode
    from oauth2_provider.oauth2_backends import get_oauthlib_core
    from rest_framework.decorators import api_view, permission_classes
    from rest_framework.permissions import IsAuthenticated
    from rest_framework_simplejwt.views import TokenObtainPairView
    from two_factor.urls import urlpatterns as two_factor

    @login_required
    def home(request):
        return render(request, "home.html")

    @api_view(["GET"])
    @permission_classes([IsAuthenticated])
    def me(request):
        return JsonResponse({"user": request.user.username})

    def whoami(request):
        valid, validated = get_oauthlib_core().verify_request(request, scopes=[])
        if not valid:
            return JsonResponse({"error": "invalid_token"}, status=401)
        return JsonResponse({"user": (validated.user or validated.client.user).username})

    return [
        path("", home),
        path("accounts/login/", views.LoginView.as_view()),
        path("otp/login/", LoginWithCode.as_view(template_name="code.html")),
        path("", include(two_factor)),
        path("saml/", include(saml.urls(FOLDER))),
        path("accounts/logout/", views.LogoutView.as_view()),
        path("api/token", TokenObtainPairView.as_view()),
        path("api/me", me),
        path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
        path("whoami", whoami),
    ]


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64

    def server_bind(self):
        # Without the look-up of its own name.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.server_address[1]
        self.setup_environ()


class Handler(WSGIRequestHandler):
    def get_environ(self):
        # It is behind TLS, as it is reached.
        return {**super().get_environ(), "wsgi.url_scheme": "https", "HTTPS": "on"}

    def log_message(self, *arguments):
        pass


def main():
    global urlpatterns
    FOLDER.mkdir(parents=True, exist_ok=True)
    configure()
    django.setup()
    fill()
    urlpatterns = urls()
    server = Server(("127.0.0.1", 0), Handler)
    server.set_app(get_wsgi_application())
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
