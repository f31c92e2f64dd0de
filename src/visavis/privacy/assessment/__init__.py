"""The impact assessment of a site, drawn from what runs there (GDPR art. 35; 人脸识别技术应用安全管理办法 art. 9)."""
