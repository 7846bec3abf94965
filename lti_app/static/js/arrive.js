// The last step of a launch where no cookie is kept: the form that carries the sign-in sends itself.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  document.querySelector("form[data-arrive]")?.submit();
});
