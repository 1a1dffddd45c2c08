"""One login by GNU SASL's library. Each line read is what the server said, in
base64, and each line written is what the client says to it. At the end it writes
whether the client is content."""
import ctypes
import sys

AUTHID, PASSWORD, CB_TLS_EXPORTER = 1, 3, 25
OK, NEEDS_MORE = 0, 1

mechanism, name, password, binding = sys.argv[1:5]
lib = ctypes.CDLL("libgsasl.so.18")
lib.gsasl_property_set.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p]
lib.gsasl_step64.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_char_p)]
lib.gsasl_client_start.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]

context, session = ctypes.c_void_p(), ctypes.c_void_p()
assert lib.gsasl_init(ctypes.byref(context)) == OK
assert lib.gsasl_client_start(context, mechanism.encode(), ctypes.byref(session)) == OK
lib.gsasl_property_set(session, AUTHID, name.encode())
lib.gsasl_property_set(session, PASSWORD, password.encode())
if binding:
    lib.gsasl_property_set(session, CB_TLS_EXPORTER, binding.encode())

said = b""
while True:
    out = ctypes.c_char_p()
    code = lib.gsasl_step64(session, said, ctypes.byref(out))
    if code not in (OK, NEEDS_MORE):
        print("bad", code, flush=True)
        break
    print((out.value or b"").decode(), flush=True)
    if code == OK:
        sys.stdin.readline()
        print("content", flush=True)
        break
    said = sys.stdin.readline().strip().encode()
