// Tells the page around the tool's frame what came back by deep linking, as Canvas does.
(() => {
  const told = document.body.dataset.deepLinkResponse;
  if (!told || window.parent === window) return;
  window.parent.postMessage({ subject: "LtiDeepLinkingResponse", ...JSON.parse(told) }, window.location.origin);
})();
