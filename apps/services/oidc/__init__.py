"""Signs people in with OpenID Connect: `flow` leads them to the provider and checks its answer, `people` finds or makes
the person, and `provider` talks to it."""

from apps.services.oidc.flow import Claims, Pending, begin, finish
from apps.services.oidc.people import SignIns, is_known, link, sign_in, sign_ins_of, unlink

__all__ = ["Claims", "Pending", "SignIns", "begin", "finish", "is_known", "link", "sign_in", "sign_ins_of", "unlink"]
