// Swagger UI on /api/docs/. A script of its own, because the page allows none inside itself.

const place = document.getElementById("swagger-ui");

window.SwaggerUIBundle({
  url: place.dataset.schema,
  domNode: place,
  deepLinking: true,
  docExpansion: "none", // the groups are an overview; of so many operations Swagger UI would draw only those in sight
  displayRequestDuration: true,
  filter: true,
  validatorUrl: null,
  requestInterceptor(request) {
    if (new URL(request.url, location.href).origin === location.origin) {
      request.headers["X-CSRFToken"] = place.dataset.csrf;
    }
    return request;
  },
});
